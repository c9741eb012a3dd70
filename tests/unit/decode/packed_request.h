// A request's record as the kernel side packs it, for whoever tests what is made of it.

#pragma once

#include "wire/request_record.h"

#include <cstddef>
#include <span>
#include <vector>

namespace linger::decode {

/// Sets `causes` by what is spent. Lengths that are out of range are kept as they are; what they
/// state is not there.
inline std::vector<std::byte> packed(request_record record)
{
  record.causes = 0;
  for (std::size_t cause = 0; cause < CAUSE_COUNT; ++cause)
    record.causes |= record.spent_ns[cause] != 0 ? 1U << cause : 0U;
  record.causes |= record.throttled_ns != 0 ? CAUSES_THROTTLED : 0U;
  std::vector<std::byte> bytes;
  const auto add = [&](std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  add(std::as_bytes(std::span(&record, 1)).first(offsetof(request_record, spent_ns)));
  for (const auto &spent_ns : record.spent_ns) {
    if (spent_ns != 0)
      add(std::as_bytes(std::span(&spent_ns, 1)));
  }
  if (record.throttled_ns != 0)
    add(std::as_bytes(std::span(&record.throttled_ns, 1)));
  if (record.response_bytes <= RESPONSE_HEAD_BYTES)
    add(std::as_bytes(std::span(record.response)).first(record.response_bytes));
  if (record.head_bytes <= REQUEST_HEAD_BYTES)
    add(std::as_bytes(std::span(record.head)).first(record.head_bytes));
  return bytes;
}

} // namespace linger::decode
