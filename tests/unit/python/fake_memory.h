// A process's memory made of words.

#pragma once

#include "python/memory.h"

#include <cstring>
#include <map>
#include <string_view>
#include <vector>

namespace linger::python {

/// Holds what was put; reading anything else fails as it does where a process has nothing mapped.
class FakeMemory final : public Memory {
public:
  template <typename T>
  void put(std::uint64_t address, const T &value)
  {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    for (const std::byte byte : bytes)
      bytes_.insert_or_assign(address++, byte);
  }

  void put_bytes(std::uint64_t address, std::string_view bytes)
  {
    for (const char byte : bytes)
      put(address++, byte);
  }

  [[nodiscard]] Result<> read(std::uint64_t address, std::span<std::byte> out) const override
  {
    ++reads;
    for (std::byte &byte : out) {
      const auto found = bytes_.find(address++);
      if (found == bytes_.end())
        return failure(Error::Kind::not_found, "nothing there");
      byte = found->second;
    }
    return {};
  }

  mutable int reads = 0;

private:
  std::map<std::uint64_t, std::byte> bytes_;
};

} // namespace linger::python
