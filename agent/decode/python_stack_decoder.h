#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace linger::decode {

/// One Python function of a stack, as the kernel side saw it: addresses of the process it is in.
struct PythonFrame {
  std::uint64_t code_address = 0;
  std::uint32_t instruction_bytes = 0;
  std::uint32_t check = 0;
};

/// The Python functions that a thread was in when it waited, or those of the thread that released
/// the lock which it waited for, innermost first.
struct PythonStack {
  enum class Role { waits, releases };

  std::uint32_t tgid = 0;
  /// Of the thread that waited.
  std::uint32_t tid = 0;
  Role role = Role::waits;
  domain::MonotonicTime wait_begin;
  std::vector<PythonFrame> frames;
};

/// Turns the bytes of a struct python_stack_record into a stack, without the frames that are no
/// Python function. Fails as `malformed` when size, count, role or time are impossible.
[[nodiscard]] Result<PythonStack> decode_python_stack(std::span<const std::byte> record);

} // namespace linger::decode
