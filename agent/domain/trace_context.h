// Which trace a request belongs to, as its client says.

#pragma once

#include <array>
#include <cstdint>

namespace linger::domain {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{}; // not all zero
  std::array<std::uint8_t, 8> span_id{};   // the client's span; not all zero
  /// Bit 0: the client records the trace.
  std::uint8_t flags = 0;

  bool operator==(const TraceContext &) const = default;
};

[[nodiscard]] constexpr bool is_recorded(const TraceContext &trace)
{
  return (trace.flags & 1U) != 0;
}

} // namespace linger::domain
