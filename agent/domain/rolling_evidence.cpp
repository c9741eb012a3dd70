#include "domain/rolling_evidence.h"

#include <type_traits>
#include <utility>

namespace linger::domain {
namespace {

/// Whether it says how things stand, rather than what happened.
bool is_sample(const Observation &observation)
{
  return std::visit(
      []<typename T>(const T &) {
        return std::is_same_v<T, MemorySample> || std::is_same_v<T, ThreadSample> ||
               std::is_same_v<T, OutgoingSample> || std::is_same_v<T, CpuLimitSample> ||
               std::is_same_v<T, ListenSample> || std::is_same_v<T, CoverageSample>;
      },
      observation);
}

} // namespace

RollingEvidence::RollingEvidence(RouteTable routes, Nanos length,
                                 std::function<void(Evidence)> done)
    : routes_(std::move(routes)), length_(length), done_(std::move(done))
{
}

void RollingEvidence::begin(ClockAnchor now)
{
  begin_ = now.monotonic;
  evidence_.emplace(routes_);
  evidence_->add(WindowMark{ .clock = now });
  if (servers_)
    evidence_->add(*servers_);
  for (const Observation &sample : samples_)
    evidence_->add(sample);
}

void RollingEvidence::add(const Observation &observation, const std::function<ClockAnchor()> &clock)
{
  if (const auto *mark = std::get_if<WindowMark>(&observation)) {
    if (!evidence_)
      begin(mark->clock);
    return;
  }
  if (!evidence_)
    return;
  evidence_->add(observation);
  if (const auto *seen = std::get_if<ServersSeen>(&observation))
    servers_ = *seen;
  if (!is_sample(observation))
    return;
  if (std::exchange(samples_complete_, false))
    samples_.clear();
  samples_.push_back(observation);
  const auto *coverage = std::get_if<CoverageSample>(&observation);
  if (coverage == nullptr)
    return;
  samples_complete_ = true;
  if (coverage->time - begin_ < length_)
    return;
  const ClockAnchor now = clock();
  end(now);
  begin(now);
}

void RollingEvidence::end(ClockAnchor now)
{
  evidence_->add(WindowMark{ .clock = now });
  done_(std::move(*evidence_));
  evidence_.reset();
}

void RollingEvidence::finish(ClockAnchor now)
{
  if (evidence_)
    end(now);
}

} // namespace linger::domain
