// The causes of time. A thread is always in exactly one state, so every nanosecond of a request has
// exactly one of these.

#pragma once

#include "domain/time.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace linger::domain {

/// The order is that of the wire (bpf/wire/cause.h) and of linger.v1.CauseTimes.
enum class Cause {
  on_cpu,
  run_queue,
  accept_queue,
  client_read,
  client_write,
  database,
  cache,
  upstream,
  dns,
  disk,
  page_fault,
  lock,
  gil,
  event_loop,
  sleep,
  child,
  other,
  idle,
};
inline constexpr std::size_t cause_count = static_cast<std::size_t>(Cause::idle) + 1;

/// "client_read".
[[nodiscard]] std::string_view name_of(Cause cause);
[[nodiscard]] std::optional<Cause> cause_named(std::string_view name);

/// Whether the thread waited for something outside itself: neither running, nor waiting for a CPU
/// or for work.
[[nodiscard]] bool is_blocking(Cause cause);

/// Time by cause. The causes add up to wall(), or to more than a Nanos holds: then that is the
/// most.
class CauseTimes {
public:
  [[nodiscard]] Nanos &operator[](Cause cause) { return spent_[static_cast<std::size_t>(cause)]; }
  [[nodiscard]] Nanos operator[](Cause cause) const
  {
    return spent_[static_cast<std::size_t>(cause)];
  }

  [[nodiscard]] Nanos wall() const;
  /// The time of all causes for which is_blocking() holds.
  [[nodiscard]] Nanos blocked() const;

  CauseTimes &operator+=(const CauseTimes &other);
  bool operator==(const CauseTimes &) const = default;

private:
  std::array<Nanos, cause_count> spent_{};
};

/// Every cause, in order, for loops.
[[nodiscard]] constexpr std::array<Cause, cause_count> all_causes()
{
  std::array<Cause, cause_count> causes{};
  for (std::size_t i = 0; i < cause_count; ++i)
    causes[i] = static_cast<Cause>(i);
  return causes;
}

} // namespace linger::domain
