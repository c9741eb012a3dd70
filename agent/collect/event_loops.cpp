#include "collect/event_loops.h"

#include "python/ready_queue.h"

#include <set>

namespace linger::collect {
namespace {

/// A worker that has no loop by then has none at all; looking is not free.
constexpr int most_looks = 60;
/// Until then it may be about to start.
constexpr int looks_before_gap = 5;

} // namespace

void EventLoops::watch(const domain::Server &server)
{
  if (!domain::runs_event_loops(server) || domain::serves_greenlets(server))
    return;
  for (const domain::WorkerProcess &worker : server.workers) {
    const auto [process, is_new] =
        processes_.try_emplace(worker.tgid, Process{ .master_tgid = server.master_tgid });
    if (is_new)
      look_at(worker.tgid, process->second);
  }
}

void EventLoops::note(const domain::ProcessEvent &event)
{
  if (event.kind == domain::ProcessEvent::Kind::exited) {
    processes_.erase(event.tgid);
    return;
  }
  // What a worker's master forks while it is watched. Only workers are known here.
  for (const auto &[tgid, process] : processes_) {
    if (process.master_tgid == event.parent_tgid) {
      processes_.try_emplace(event.tgid, Process{ .master_tgid = event.parent_tgid });
      return;
    }
  }
}

void EventLoops::look()
{
  for (auto &[tgid, process] : processes_) {
    if (!process.found && process.looks < most_looks)
      look_at(tgid, process);
  }
}

void EventLoops::look_at(std::uint32_t tgid, Process &process)
{
  ++process.looks;
  const auto queue = python::ready_queue_of_process(proc_, tgid);
  if (!queue) {
    process.reason = queue.error().what;
    return;
  }
  auto layout = layouts_.find(tgid);
  if (!layout) {
    process.reason = "its interpreter is not known";
    return;
  }
  layout->ready_queue_address = *queue;
  if (const auto put = layouts_.put(tgid, *layout); !put) {
    process.reason = put.error().what;
    return;
  }
  process.found = true;
}

std::vector<std::string> EventLoops::gaps() const
{
  std::vector<std::string> gaps;
  std::set<std::uint32_t> masters;
  for (const auto &[tgid, process] : processes_) {
    if (!process.found && process.looks >= looks_before_gap &&
        masters.insert(process.master_tgid).second)
      gaps.push_back("the tasks of server " + std::to_string(process.master_tgid) +
                     " cannot be told apart, so what one request waits for may be shown at another "
                     "while several are open: " +
                     process.reason);
  }
  return gaps;
}

} // namespace linger::collect
