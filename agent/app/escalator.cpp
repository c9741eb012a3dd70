#include "app/escalator.h"

#include "serve/escape.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <spdlog/spdlog.h>

namespace linger::app {
namespace {

const domain::WorkerReport *worker_in(const domain::Report &report, std::uint32_t tgid)
{
  for (const domain::ServerReport &server : report.servers) {
    const auto worker = std::ranges::find(server.workers, tgid, &domain::WorkerReport::tgid);
    if (worker != server.workers.end())
      return &*worker;
  }
  return nullptr;
}

std::string outcome_of(const domain::AllocationTrace &trace)
{
  if (trace.settled == 0)
    return fmt::format("No request settled meanwhile, so nothing can be said{}{}.",
                       trace.gap.empty() ? "" : ": ", trace.gap);
  return fmt::format("{} requests settled meanwhile: the lines that allocated what they kept stand "
                     "at the endpoints.",
                     trace.settled);
}

} // namespace

void Escalator::run()
{
  while (services_.pause(config_.check_interval) && turn()) {
  }
}

bool Escalator::turn()
{
  const Result<domain::Report> report = services_.report();
  if (!report)
    return true; // the agent says itself what is wrong with it
  for (const diagnose::MemorySuspect &suspect : diagnose::memory_suspects(*report, thresholds_)) {
    const auto earliest = not_before_.find(suspect.server);
    if (earliest != not_before_.end() && services_.clock().monotonic < earliest->second)
      continue;
    const std::optional<bool> explained = take_census(suspect);
    if (!explained)
      return false;
    if (!*explained && config_.to == domain::MemoryTier::allocations && !trace(suspect))
      return false;
    not_before_[suspect.server] = services_.clock().monotonic + config_.pause;
  }
  return true;
}

std::optional<bool> Escalator::take_census(const diagnose::MemorySuspect &suspect)
{
  const domain::Escalation escalation = begun(suspect, domain::MemoryTier::census, suspect.reason);
  const std::int64_t before_bytes = anonymous_bytes(suspect.tgid);
  HeapWatch heap{ { suspect.tgid }, services_.look };
  heap.look_at_begin();
  if (!services_.pause(config_.census_window / 2))
    return std::nullopt;
  heap.look_at_middle();
  if (!services_.pause(config_.census_window / 2))
    return std::nullopt;
  const domain::HeapGrowth growth = heap.look_at_end().front();
  const std::int64_t grown_bytes =
      std::max<std::int64_t>(0, anonymous_bytes(suspect.tgid) - before_bytes);
  tell(growth);
  ended(escalation, diagnose::outcome_of(growth, grown_bytes));
  return diagnose::is_explained(growth, grown_bytes);
}

bool Escalator::trace(const diagnose::MemorySuspect &suspect)
{
  const domain::Escalation escalation =
      begun(suspect, domain::MemoryTier::allocations,
            "the census before it did not tell what holds half of the growth.");
  if (const Result<> traced = services_.trace(suspect.tgid, config_.allocations_window); !traced) {
    ended(escalation, fmt::format("It could not be done: {}.", traced.error().what));
    return true;
  }
  if (!services_.pause(config_.allocations_window))
    return false; // the trace ends with the agent
  services_.end_trace();
  const Result<domain::Report> report = services_.report();
  const domain::WorkerReport *worker = report ? worker_in(*report, suspect.tgid) : nullptr;
  ended(escalation,
        outcome_of(worker != nullptr && worker->allocations ? *worker->allocations
                                                            : domain::AllocationTrace{}));
  return true;
}

domain::Escalation Escalator::begun(const diagnose::MemorySuspect &suspect, domain::MemoryTier tier,
                                    std::string reason)
{
  domain::Escalation escalation{ .begin = services_.clock().monotonic,
                                 .end = {},
                                 .server = suspect.server,
                                 .tgid = suspect.tgid,
                                 .tier = tier,
                                 .endpoint = suspect.endpoint,
                                 .reason = std::move(reason),
                                 .outcome = "" };
  spdlog::info("{} of worker {}, because {}",
               tier == domain::MemoryTier::allocations ? "tracing the allocations"
                                                       : "looking into the heap",
               escalation.tgid, serve::printable(escalation.reason));
  tell(escalation);
  return escalation;
}

void Escalator::ended(domain::Escalation escalation, std::string outcome)
{
  escalation.end = services_.clock().monotonic;
  escalation.outcome = std::move(outcome);
  spdlog::info("worker {}: {}", escalation.tgid, serve::printable(escalation.outcome));
  tell(escalation);
}

void Escalator::tell(const domain::Observation &observation)
{
  if (const Result<> told = services_.tell(observation); !told)
    spdlog::debug("not recorded, because the agent ends: {}", told.error().what);
}

std::int64_t Escalator::anonymous_bytes(std::uint32_t tgid)
{
  const Result<domain::Report> report = services_.report();
  const domain::WorkerReport *worker = report ? worker_in(*report, tgid) : nullptr;
  return worker == nullptr ? 0 : static_cast<std::int64_t>(worker->memory.anonymous_bytes);
}

} // namespace linger::app
