#include "serve/latest_findings.h"

#include <algorithm>
#include <utility>

namespace linger::serve {
LatestFindings::LatestFindings(AgentView &agent, domain::Nanos window, domain::Nanos patience)
    : agent_(agent), window_(window), patience_(std::max(patience, 2 * window)),
      watching_([this](const std::stop_token &stop) { watch(stop); })
{
}

std::vector<domain::Finding> LatestFindings::now()
{
  const std::scoped_lock lock{ mutex_ };
  last_asked_ = Clock::now();
  asked_.notify_one();
  return findings_;
}

bool LatestFindings::is_of_interest() const
{
  return last_asked_ != Clock::time_point::min() && Clock::now() - last_asked_ < patience_;
}

void LatestFindings::wait_for_interest(const std::stop_token &stop)
{
  std::unique_lock lock{ mutex_ };
  if (!is_of_interest())
    findings_.clear(); // they are old
  asked_.wait(lock, stop, [this] { return is_of_interest(); });
}

void LatestFindings::watch(const std::stop_token &stop)
{
  while (!stop.stop_requested()) {
    wait_for_interest(stop);
    if (stop.stop_requested())
      return;
    Result<domain::Report> report =
        agent_.observe({ .window = window_ }, [&] { return stop.stop_requested(); });
    if (!report)
      return; // told to stop, or the agent ended and says why itself
    const std::scoped_lock lock{ mutex_ };
    findings_ = std::exchange(report->findings, {});
  }
}

} // namespace linger::serve
