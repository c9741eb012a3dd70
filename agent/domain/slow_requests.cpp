#include "domain/slow_requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace linger::domain {

SlowRequests::SlowRequests(RouteTable routes, Nanos least, std::function<void(SlowRequest)> tell)
    : routes_(std::move(routes)), least_(least), tell_(std::move(tell))
{
}

void SlowRequests::add(const Observation &observation)
{
  if (const auto *request = std::get_if<Request>(&observation))
    add_request(*request);
  else if (const auto *wait = std::get_if<Wait>(&observation))
    add_wait(*wait);
  else if (const auto *seen = std::get_if<ServersSeen>(&observation))
    add_servers(*seen);
  else if (const auto *event = std::get_if<ProcessEvent>(&observation);
           event && event->kind == ProcessEvent::Kind::exited)
    end_process(event->tgid);
  else if (const auto *sample = std::get_if<CoverageSample>(&observation))
    settle(sample->time); // comes once a second
}

void SlowRequests::add_wait(const Wait &wait)
{
  if (wait.cause == Cause::on_cpu)
    return;
  const Key key{ wait.tid, wait.request_sequence };
  if (waits_.size() >= max_waiting && !waits_.contains(key))
    waits_.erase(waits_.begin());
  Waits &held = waits_[key];
  if (held.waits.size() < max_waits)
    held.waits.push_back(wait);
  else
    ++held.left_out;
}

void SlowRequests::add_request(const Request &request)
{
  const Key key{ request.tid, request.sequence };
  if (!request.interleaved)
    forget_before(key);
  const auto before = held_.find(key);
  const bool told = before != held_.end() && before->second.told;
  if (!request.ended) {
    if (held_.size() >= max_waiting && before == held_.end())
      held_.erase(held_.begin());
    held_.insert_or_assign(key, Held{ .request = request, .told = told });
    return;
  }
  if (before != held_.end())
    held_.erase(before);
  if (!told)
    end(request);
}

/// What came before it on its thread stands, and no more waits of that will come.
void SlowRequests::forget_before(const Key &key)
{
  const Key first{ key.first, 0 };
  const auto end_of_held = held_.lower_bound(key);
  for (auto held = held_.lower_bound(first); held != end_of_held; held = held_.erase(held)) {
    if (!held->second.told)
      end(held->second.request);
  }
  waits_.erase(waits_.lower_bound(first), waits_.lower_bound(key));
}

void SlowRequests::end_process(std::uint32_t tgid)
{
  for (auto held = held_.begin(); held != held_.end();) {
    if (held->second.request.tgid != tgid) {
      ++held;
      continue;
    }
    if (!held->second.told)
      end(held->second.request);
    held = held_.erase(held);
  }
  std::erase_if(waits_, [&](const auto &entry) {
    return !entry.second.waits.empty() && entry.second.waits.front().tgid == tgid;
  });
}

void SlowRequests::settle(MonotonicTime now)
{
  for (auto &[key, held] : held_) {
    if (held.told || held.request.streaming || now - held.request.window.end < settle_after)
      continue;
    held.told = true;
    end(held.request);
  }
}

void SlowRequests::end(const Request &request)
{
  const auto waits = waits_.extract({ request.tid, request.sequence });
  if (request.window.length() < least_ || request.path.empty())
    return;
  SlowRequest slow{
    .request = request, .route = routes_.route_of(request.path), .server = {}, .waits = {}
  };
  if (!waits.empty()) {
    slow.waits = std::move(waits.mapped().waits);
    slow.waits_left_out = waits.mapped().left_out;
  }
  tell(std::move(slow));
}

void SlowRequests::tell(SlowRequest slow)
{
  const auto server = servers_.find(slow.request.tgid);
  if (server == servers_.end() && unclaimed_.size() < max_unclaimed) {
    unclaimed_.push_back(std::move(slow));
    return;
  }
  if (server != servers_.end())
    slow.server = server->second;
  tell_(std::move(slow));
}

void SlowRequests::add_servers(const ServersSeen &seen)
{
  servers_.clear();
  for (const Server &server : seen.servers) {
    Server alone = server;
    alone.workers.clear();
    for (const WorkerProcess &worker : server.workers)
      servers_.emplace(worker.tgid, alone);
  }
  for (SlowRequest &slow : std::exchange(unclaimed_, {})) {
    if (const auto server = servers_.find(slow.request.tgid); server != servers_.end())
      slow.server = server->second;
    tell_(std::move(slow));
  }
}

} // namespace linger::domain
