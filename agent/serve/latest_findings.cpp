#include "serve/latest_findings.h"

#include <utility>

namespace linger::serve {

LatestFindings::LatestFindings(AgentView &agent, domain::Nanos window)
    : agent_(agent), window_(window),
      watching_([this](const std::stop_token &stop) { watch(stop); })
{
}

std::vector<domain::Finding> LatestFindings::now() const
{
  const std::scoped_lock lock{ mutex_ };
  return findings_;
}

void LatestFindings::watch(const std::stop_token &stop)
{
  while (!stop.stop_requested()) {
    Result<domain::Report> report =
        agent_.observe({ .window = window_ }, [&] { return stop.stop_requested(); });
    if (!report)
      return; // told to stop, or the agent ended and says why itself
    const std::scoped_lock lock{ mutex_ };
    findings_ = std::exchange(report->findings, {});
  }
}

} // namespace linger::serve
