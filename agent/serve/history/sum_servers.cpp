#include "serve/history/sums.h"

#include <algorithm>
#include <cstdint>

namespace linger::serve {
namespace {

constexpr int most_workers = 512; // of a server: the latest

bool is_same(const v1::Worker &left, const v1::Worker &right)
{
  return left.tgid() == right.tgid() && left.start_time().seconds() == right.start_time().seconds();
}

void add_connections(v1::Worker &later, const v1::Worker &earlier)
{
  for (v1::PeerConnections &peer : *later.mutable_connections()) {
    const auto before =
        std::ranges::find_if(earlier.connections(), [&](const v1::PeerConnections &candidate) {
          return candidate.address() == peer.address() && candidate.tls() == peer.tls();
        });
    if (before == earlier.connections().end())
      continue;
    peer.set_opened(peer.opened() + before->opened());
    peer.set_closed(peer.closed() + before->closed());
    peer.set_most_open(std::max(peer.most_open(), before->most_open()));
    peer.set_most_in_use(std::max(peer.most_in_use(), before->most_in_use()));
    peer.set_most_taken(std::max(peer.most_taken(), before->most_taken()));
  }
}

/// Adds what came before to the worker as it is now.
void add_earlier(v1::Worker &later, const v1::Worker &earlier, double earlier_ns, double later_ns)
{
  later.set_requests(later.requests() + earlier.requests());
  add_counts(*later.mutable_blocked(), earlier.blocked());
  later.set_throttled_ns(later.throttled_ns() + earlier.throttled_ns());
  later.set_utilization((later.utilization() * later_ns + earlier.utilization() * earlier_ns) /
                        std::max(later_ns + earlier_ns, 1.0));
  v1::WorkerMemory &memory = *later.mutable_memory();
  memory.set_growth_bytes(memory.growth_bytes() + earlier.memory().growth_bytes());
  memory.set_minor_faults(memory.minor_faults() + earlier.memory().minor_faults());
  memory.set_major_faults(memory.major_faults() + earlier.memory().major_faults());
  memory.set_high_water_bytes(
      std::max(memory.high_water_bytes(), earlier.memory().high_water_bytes()));
  add_connections(later, earlier);
  if (later.has_cpu_limit() && earlier.has_cpu_limit()) {
    v1::CpuLimit &limit = *later.mutable_cpu_limit();
    limit.set_periods(limit.periods() + earlier.cpu_limit().periods());
    limit.set_throttled_periods(limit.throttled_periods() +
                                earlier.cpu_limit().throttled_periods());
    limit.set_throttled_ns(limit.throttled_ns() + earlier.cpu_limit().throttled_ns());
  }
  if (!later.has_heap_growth() && earlier.has_heap_growth())
    *later.mutable_heap_growth() = earlier.heap_growth();
  if (!later.has_allocations() && earlier.has_allocations())
    *later.mutable_allocations() = earlier.allocations();
}

/// What it did at that moment says nothing any more.
void set_gone(v1::Worker &worker)
{
  if (worker.state() != v1::WORKER_STATE_EXITED)
    worker.set_state(v1::WORKER_STATE_UNSPECIFIED);
  worker.clear_waits_on();
  worker.clear_open_request();
  worker.clear_open_request_ns();
}

std::uint32_t restarts_of(const v1::Server &server)
{
  return server.workers().empty() ? 0 : server.workers(0).restarts();
}

void add_queues(v1::Server &later, const v1::Server &earlier)
{
  for (v1::ListenQueue &queue : *later.mutable_listen_queues()) {
    for (const v1::ListenQueue &before : earlier.listen_queues()) {
      if (before.address() != queue.address())
        continue;
      queue.set_max_length(std::max(queue.max_length(), before.max_length()));
      queue.set_dropped(queue.dropped() + before.dropped());
    }
  }
}

} // namespace

void add_server(v1::Server &sum, const v1::Server &more, double sum_ns, double more_ns)
{
  v1::Server later = more;
  later.clear_what_if(); // of one minute's load
  const std::uint32_t restarts = restarts_of(sum) + restarts_of(more);
  for (const v1::Worker &worker : sum.workers()) {
    const auto known = std::ranges::find_if(
        *later.mutable_workers(), [&](const v1::Worker &now) { return is_same(now, worker); });
    if (known != later.mutable_workers()->end()) {
      add_earlier(*known, worker, sum_ns, more_ns);
      continue;
    }
    v1::Worker &gone = *later.add_workers();
    gone = worker;
    set_gone(gone);
    // It had none of the time that came later.
    gone.set_utilization(worker.utilization() * sum_ns / std::max(sum_ns + more_ns, 1.0));
  }
  if (later.workers_size() > most_workers)
    later.mutable_workers()->DeleteSubrange(most_workers, later.workers_size() - most_workers);
  for (v1::Worker &worker : *later.mutable_workers())
    worker.set_restarts(restarts);
  add_queues(later, sum);
  for (const v1::MemoryEscalation &escalation : sum.escalations()) {
    const bool known =
        std::ranges::any_of(more.escalations(), [&](const v1::MemoryEscalation &other) {
          return other.tgid() == escalation.tgid() &&
                 other.start_time().seconds() == escalation.start_time().seconds();
        });
    if (!known)
      *later.add_escalations() = escalation;
  }
  sum = std::move(later);
}

} // namespace linger::serve
