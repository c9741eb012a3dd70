#pragma once

#include "base/result.h"
#include "decode/python_stack_decoder.h"
#include "domain/allocation.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace linger::decode {

/// An allocation that was sampled, as the kernel side saw it: its line is in the stack.
struct SampledAllocation {
  std::uint32_t tgid = 0;
  domain::Allocation allocation;
  PythonStack stack;
};

/// The end of one.
struct FreedAllocation {
  std::uint32_t tgid = 0;
  std::uint64_t id = 0;
};

/// Turn the bytes of a struct allocation_record and of a struct freed_record into domain words.
/// Fail as `malformed` when a size, a time or the stack is impossible.
[[nodiscard]] Result<SampledAllocation> decode_allocation(std::span<const std::byte> record);
[[nodiscard]] Result<FreedAllocation> decode_freed(std::span<const std::byte> record);

} // namespace linger::decode
