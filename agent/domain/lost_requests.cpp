#include "domain/lost_requests.h"

#include <algorithm>

namespace linger::domain {

void LostRequests::add(const WholeRequest &whole)
{
  const Request &request = whole.request;
  if (request.status != 0)
    return;
  Candidate candidate{ .request = { .open = request.window.length() },
                       .method = request.method,
                       .path = request.path,
                       .end = request.window.end,
                       .thread_died = request.thread_died };
  LostRequest &lost = candidate.request;
  for (std::size_t i = 0; i < cause_count; ++i) {
    const auto cause = static_cast<Cause>(i);
    // Before a worker had it, it was not the worker's.
    if (cause != Cause::accept_queue && request.times[cause] > lost.waited) {
      lost.cause = cause;
      lost.waited = request.times[cause];
    }
  }
  for (const SiteReport &site : whole.waits.top(WholeRequest::max_sites)) {
    if (site.cause == lost.cause) {
      lost.what = site.what;
      lost.code = site.code;
      break;
    }
  }
  candidates_.push_back(std::move(candidate));
  if (candidates_.size() > WorkerEnd::most_lost)
    candidates_.erase(candidates_.begin());
}

std::vector<LostRequest> LostRequests::at_end(MonotonicTime end, const RouteTable &routes) const
{
  std::vector<LostRequest> lost;
  for (const Candidate &candidate : candidates_) {
    if (!candidate.thread_died && candidate.end + last_moments < end)
      continue;
    lost.push_back(candidate.request);
    if (!candidate.path.empty())
      lost.back().endpoint = candidate.method + " " + routes.route_of(candidate.path);
  }
  std::ranges::stable_sort(lost, std::ranges::greater{}, &LostRequest::open);
  return lost;
}

} // namespace linger::domain
