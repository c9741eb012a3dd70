#include "domain/cause.h"

namespace linger::domain {
namespace {

constexpr std::array<std::string_view, cause_count> names{
  "on_cpu", "run_queue",  "accept_queue", "client_read", "client_write", "database",
  "cache",  "upstream",   "dns",          "disk",        "page_fault",   "lock",
  "gil",    "event_loop", "sleep",        "child",       "other",        "idle",
};

} // namespace

std::string_view name_of(Cause cause)
{
  return names[static_cast<std::size_t>(cause)];
}

std::optional<Cause> cause_named(std::string_view name)
{
  for (const Cause cause : all_causes()) {
    if (name_of(cause) == name)
      return cause;
  }
  return std::nullopt;
}

bool is_blocking(Cause cause)
{
  return cause != Cause::on_cpu && cause != Cause::run_queue && cause != Cause::accept_queue &&
         cause != Cause::idle;
}

Nanos CauseTimes::wall() const
{
  Nanos sum{};
  for (const Nanos spent : spent_)
    sum = saturating_sum(sum, spent);
  return sum;
}

Nanos CauseTimes::blocked() const
{
  Nanos sum{};
  for (const Cause cause : all_causes()) {
    if (is_blocking(cause))
      sum = saturating_sum(sum, (*this)[cause]);
  }
  return sum;
}

CauseTimes &CauseTimes::operator+=(const CauseTimes &other)
{
  for (const Cause cause : all_causes())
    (*this)[cause] = saturating_sum((*this)[cause], other[cause]);
  return *this;
}

} // namespace linger::domain
