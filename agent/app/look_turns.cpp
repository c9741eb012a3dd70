#include "app/look_turns.h"

#include <algorithm>

namespace linger::app {

void LookTurns::set_workers(const std::vector<domain::Server> &servers)
{
  std::map<std::uint32_t, Worker> workers;
  for (const domain::Server &server : servers) {
    for (const domain::WorkerProcess &worker : server.workers) {
      const auto known = workers_.find(worker.tgid);
      workers.emplace(worker.tgid, known == workers_.end() ? Worker{} : known->second);
    }
  }
  workers_ = std::move(workers);
}

void LookTurns::served(std::uint32_t tgid)
{
  if (const auto worker = workers_.find(tgid); worker != workers_.end())
    worker->second.served = true;
}

bool LookTurns::anybody_waits() const
{
  return credit_ >= domain::Nanos::zero() &&
         std::ranges::any_of(workers_, [](const auto &worker) { return worker.second.served; });
}

std::optional<std::uint32_t> LookTurns::next(domain::MonotonicTime now)
{
  if (credited_until_)
    credit_ = std::min(most_credit, credit_ + std::chrono::duration_cast<domain::Nanos>(
                                                  budget * (now - *credited_until_)));
  credited_until_ = now;
  if (credit_ < domain::Nanos::zero())
    return std::nullopt;
  auto first = workers_.end();
  for (auto worker = workers_.begin(); worker != workers_.end(); ++worker) {
    const Worker &candidate = worker->second;
    if (candidate.served && candidate.due <= now &&
        (first == workers_.end() || candidate.due < first->second.due))
      first = worker;
  }
  if (first == workers_.end())
    return std::nullopt;
  first->second = { .due = now + min_interval, .served = false };
  return first->first;
}

} // namespace linger::app
