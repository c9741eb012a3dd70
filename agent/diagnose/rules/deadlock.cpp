#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string>
#include <vector>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::ThreadReport;
using domain::WorkerReport;

/// A request that waits for a lock of its own process, and has been for long.
bool is_stuck(const ThreadReport &thread, const Thresholds &thresholds)
{
  return thread.cause == Cause::lock && !thread.lock_shared && !thread.for_event &&
         !thread.code.empty() && !thread.endpoint.empty() && !thread.response_begun &&
         thread.since >= Nanos{ thresholds.deadlock_min_wait_ns };
}

/// Whether it may hold a lock that somebody has been waiting for since `waited`, and let go of it
/// yet: it is at work on what it may have begun before. Most applications have a thread that sleeps
/// and does something small now and then.
bool may_hold(const ThreadReport &thread, Nanos waited)
{
  if (thread.cause == Cause::lock || thread.cause == Cause::idle)
    return false;
  if (!thread.endpoint.empty())
    return thread.open >= waited;
  return thread.cause != Cause::sleep || thread.since >= waited;
}

/// The requests of one worker that nothing will move.
struct Stuck {
  const WorkerReport *worker = nullptr;
  std::vector<const ThreadReport *> threads; // the longest first
};

Stuck stuck_in(const WorkerReport &worker, const Thresholds &thresholds)
{
  Stuck stuck{ .worker = &worker, .threads = {} };
  if (worker.state == domain::WorkerState::exited)
    return stuck;
  Nanos shortest = Nanos::max();
  for (const ThreadReport &thread : worker.busy_threads) {
    if (!is_stuck(thread, thresholds))
      continue;
    stuck.threads.push_back(&thread);
    shortest = std::min(shortest, thread.since);
  }
  if (std::ranges::any_of(worker.busy_threads,
                          [&](const ThreadReport &thread) { return may_hold(thread, shortest); }))
    stuck.threads.clear();
  return stuck;
}

std::size_t locks_of(const Stuck &stuck)
{
  std::set<std::uint64_t> locks;
  for (const ThreadReport *thread : stuck.threads)
    locks.insert(thread->lock);
  return locks.size();
}

std::string sentence_on(const Stuck &stuck)
{
  if (locks_of(stuck) > 1)
    return fmt::format(" They wait for {} different locks: each may hold what another one waits "
                       "for.",
                       locks_of(stuck));
  return stuck.threads.size() == 1
             ? " No other thread of the worker is at work that it could wait for: it waits for a "
               "lock that it holds itself, or that was never released."
             : " They wait for the same lock, and no thread of the worker is at work that could "
               "hold it: it was never released, or who holds it waits for it too.";
}

Finding finding_for(const std::vector<Stuck> &all, const ServerLoad &load)
{
  const Stuck &first = all.front();
  const ThreadReport &longest = *first.threads.front();
  std::size_t requests = 0;
  Finding finding = finding_of("deadlock", load.server->server.master_tgid, "");
  finding.severity = Severity::critical;
  for (const Stuck &stuck : all) {
    requests += stuck.threads.size();
    finding.workers.push_back(stuck.worker->tgid);
    for (const ThreadReport *thread : stuck.threads) {
      if (std::ranges::find(finding.endpoints, thread->endpoint) == finding.endpoints.end())
        finding.endpoints.push_back(thread->endpoint);
      cite_time(finding,
                fmt::format("worker {}, thread {}: {} waits at {}", stuck.worker->tgid, thread->tid,
                            thread->endpoint, thread->code),
                thread->since);
    }
  }
  finding.title = fmt::format("{} {} for a lock that nobody releases, {} for {} at {}", requests,
                              requests == 1 ? "request waits" : "requests wait", longest.endpoint,
                              human_time(longest.since), longest.code);
  finding.detail = fmt::format(
      "In worker {}, {} of its threads {} been waiting for a lock for at least {}, in a request "
      "that has no response.{}",
      first.worker->tgid, first.threads.size(), first.threads.size() == 1 ? "has" : "have",
      human_time(first.threads.back()->since), sentence_on(first));
  finding.remedy = fmt::format(
      "Take locks in one order everywhere, and no lock in a function that may be called while it "
      "is "
      "held (threading.RLock where that cannot be avoided). Wait with a limit, "
      "acquire(timeout=...), "
      "and fail the request. Until then the threads are lost: end worker {} with SIGTERM, and "
      "SIGKILL when it stays; its master starts another one.",
      first.worker->tgid);
  return finding;
}

} // namespace

std::vector<Finding> deadlock(const ServerLoad &load, const Thresholds &thresholds)
{
  // Where one thread serves many requests, what it waits for is nobody's alone.
  if (!domain::has_request_threads(load.server->server))
    return {};
  std::vector<Stuck> all;
  for (const WorkerReport &worker : load.server->workers) {
    Stuck stuck = stuck_in(worker, thresholds);
    if (!stuck.threads.empty())
      all.push_back(std::move(stuck));
  }
  if (all.empty())
    return {};
  return { finding_for(all, load) };
}

} // namespace linger::diagnose
