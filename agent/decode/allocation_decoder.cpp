#include "decode/allocation_decoder.h"

#include "decode/record.h"

#include "wire/allocation_record.h"

#include <cstddef>

namespace linger::decode {
namespace {

/// No address space is larger: sums of so many stay in 64 bits, and in a double.
constexpr std::uint64_t most_bytes = 1ULL << 48;

} // namespace

Result<SampledAllocation> decode_allocation(std::span<const std::byte> bytes)
{
  constexpr std::size_t fixed_bytes = offsetof(allocation_record, stack);
  allocation_record record{};
  if (bytes.size() < fixed_bytes || bytes.size() > sizeof record)
    return malformed("allocation_record", std::to_string(bytes.size()) + " bytes");
  std::memcpy(&record, bytes.data(), fixed_bytes);
  auto stack = decode_python_stack(bytes.subspan(fixed_bytes));
  if (!stack)
    return because("allocation_record", stack.error());
  if (record.time_ns > most_time_ns)
    return malformed("allocation_record", "a time that cannot be");
  if (record.size_bytes == 0 || record.size_bytes > most_bytes || record.interval_bytes == 0 ||
      record.interval_bytes > most_bytes)
    return malformed("allocation_record", "a size that cannot be");
  return SampledAllocation{ .tgid = record.tgid,
                            .allocation = { .id = record.id,
                                            .time = time_of(record.time_ns),
                                            .tid = record.tid,
                                            .request_sequence = record.sequence,
                                            .bytes = record.size_bytes,
                                            .interval_bytes = record.interval_bytes,
                                            .code = {} },
                            .stack = std::move(*stack) };
}

Result<FreedAllocation> decode_freed(std::span<const std::byte> bytes)
{
  const auto record = read_record<freed_record>("freed_record", bytes);
  if (!record)
    return tl::unexpected(record.error());
  return FreedAllocation{ .tgid = record->tgid, .id = record->id };
}

} // namespace linger::decode
