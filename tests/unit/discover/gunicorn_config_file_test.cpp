#include "discover/gunicorn_config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "bind=a,b threads=? workers=4"; "?" is computed.
std::string decode(std::string_view source)
{
  std::vector<std::string> shown;
  for (const auto &[name, setting] : decode_config_file(source, "/srv/conf.py").settings)
    shown.push_back(
        fmt::format("{}={}", name,
                    setting.is_computed ? "?" : fmt::format("{}", fmt::join(setting.values, ","))));
  return fmt::format("{}", fmt::join(shown, " "));
}

TEST(DecodeConfigFile, ReadsLiterals)
{
  EXPECT_EQ(
      decode("\"\"\"workers = 9\"\"\"\nimport os\nworkers = 4\nbind = ['0.0.0.0:80', 'unix:/x']\n"
             "worker_class = 'gthread'\npreload_app = True\nunknown = 1\n"
             "def post_fork(server, worker):\n    threads = 9\n"),
      "bind=0.0.0.0:80,unix:/x preload_app=True worker_class=gthread workers=4");
}

TEST(DecodeConfigFile, LetsTheLastAssignmentWin)
{
  EXPECT_EQ(decode("workers = 4\nworkers = 8\n"), "workers=8");
  EXPECT_EQ(decode("workers = 4\nworkers = cpu_count()\n"), "workers=?");
  EXPECT_EQ(decode("workers = cpu_count()\nworkers = 4\n"), "workers=4");
}

TEST(DecodeConfigFile, MarksWhatIsComputedOrConditional)
{
  EXPECT_EQ(decode("workers = multiprocessing.cpu_count() * 2 + 1\n"), "workers=?");
  EXPECT_EQ(decode("workers = 4\nif big:\n    workers = 8\n"), "workers=?");
  EXPECT_EQ(decode("workers = 4\nif big: workers = 8\n"), "workers=?");
  EXPECT_EQ(decode("workers = 4\nworkers += 1\n"), "workers=?");
  EXPECT_EQ(decode("workers, threads = 4, 2\n"), "threads=? workers=?");
  EXPECT_EQ(decode("workers = threads = 4\n"), "threads=4 workers=4");
}

TEST(DecodeConfigFile, NamesTheLine)
{
  const Configuration configuration = decode_config_file("\n\nworkers = n()\n", "/srv/conf.py");

  EXPECT_EQ(configuration.settings.at("workers").source, "/srv/conf.py, line 3");
}

TEST(DecodeConfigFile, IsIncompleteWhenNamesComeFromElsewhere)
{
  const Configuration configuration =
      decode_config_file("threads = 2\nfrom base import *\nworkers = 4\n", "/srv/conf.py");

  EXPECT_FALSE(configuration.is_complete);
  EXPECT_TRUE(configuration.settings.at("threads").is_computed);
  EXPECT_THAT(configuration.settings.at("workers").values, ElementsAre("4"));
  EXPECT_THAT(configuration.gaps,
              ElementsAre("/srv/conf.py, line 2 takes settings from elsewhere (\"from base import "
                          "*\"): what those are is not known"));
}

TEST(DecodeConfigFile, SaysItOnceHoweverManySuchStatementsThereAre)
{
  std::string source;
  for (int i = 0; i < 1000; ++i)
    source += "exec(x)\n";

  EXPECT_EQ(decode_config_file(source, "/srv/conf.py").gaps.size(), 1U);
}

TEST(DecodeConfigFile, RefusesWhatIsNoText)
{
  const Configuration configuration =
      decode_config_file(std::string_view("workers = 4\n\0", 13), "/srv/conf.py");

  EXPECT_FALSE(configuration.is_complete);
  EXPECT_THAT(configuration.settings, IsEmpty());
}

} // namespace
} // namespace linger::discover
