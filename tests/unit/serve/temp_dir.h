#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdlib.h>
#include <string>

namespace linger::serve {

/// A directory of its own for each test, removed with all that it holds.
class TempDirTest : public testing::Test {
protected:
  void SetUp() override
  {
    std::string pattern = testing::TempDir() + "/linger-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string in_temp(const std::string &name) const { return directory_ / name; }

  static std::string content_of(const std::string &path)
  {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
  }

  static void write_file(const std::string &path, const std::string &content)
  {
    std::ofstream(path, std::ios::binary) << content;
  }

private:
  std::filesystem::path directory_;
};

} // namespace linger::serve
