// From the address of a code object to file, function and line.

#pragma once

#include "base/result.h"
#include "python/layout.h"
#include "python/memory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace linger::python {

struct Frame {
  /// As the code object names it: an absolute path, or "<frozen importlib._bootstrap>".
  std::string file;
  /// With its class from 3.11 on: "Cart.total".
  std::string function;
  /// 0 when the code gives it none.
  std::int32_t line = 0;

  bool operator==(const Frame &) const = default;
};

/// A frame as the kernel side read it.
struct FrameAddress {
  std::uint64_t code_address = 0;
  std::uint32_t instruction_bytes = 0;
  /// The code's first line xor the low half of the address of its line table: another code object
  /// at the same address has another one.
  std::uint32_t check = 0;
};

/// Names the frames of one process, reading each code object once. Holds at most `limit` of them,
/// then forgets all and begins anew. Not thread-safe.
class Symbolizer {
public:
  Symbolizer(std::unique_ptr<const Memory> memory, const Layout &layout, std::size_t limit = 20'000)
      : memory_(std::move(memory)), layout_(layout), limit_(limit)
  {
  }

  /// not_found when the code is gone, malformed when there is something else by now.
  [[nodiscard]] Result<Frame> name(const FrameAddress &frame);

private:
  struct Code {
    std::string file;
    std::string function;
    std::int32_t first_line = 0;
    std::vector<std::byte> line_table;
    std::uint32_t check = 0;
  };

  [[nodiscard]] Result<Code> read_code(std::uint64_t address) const;

  std::unique_ptr<const Memory> memory_;
  Layout layout_;
  std::size_t limit_;
  std::map<std::uint64_t, Code> codes_;
};

} // namespace linger::python
