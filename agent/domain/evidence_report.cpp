// The report of what an EvidenceState holds.

#include "domain/evidence_state.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <tuple>

namespace linger::domain {
namespace {

// Stolen time is told from 1/200 of all on.
constexpr int told_steal_part = 200;

/// "0.7 %".
std::string percent(Nanos part, Nanos whole)
{
  const auto tenths = static_cast<std::uint64_t>(std::llround(
      1000.0 * static_cast<double>(part.count()) / static_cast<double>(whole.count())));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::uint64_t since(std::uint64_t first, std::uint64_t latest)
{
  return latest - std::min(first, latest);
}

} // namespace

Coverage EvidenceState::coverage() const
{
  Coverage coverage = counted_;
  coverage.agent_rss_bytes = latest_cost_.agent_rss_bytes;
  coverage.gaps = latest_cost_.gaps;
  coverage.host_available_bytes = latest_cost_.host_available_bytes;
  if (first_cost_) {
    coverage.requests_lost = since(first_cost_->requests_lost, latest_cost_.requests_lost);
    coverage.records_lost = since(first_cost_->records_lost, latest_cost_.records_lost);
    coverage.agent_cpu = std::max(Nanos::zero(), latest_cost_.agent_cpu - first_cost_->agent_cpu);
    coverage.bpf_run = std::max(Nanos::zero(), latest_cost_.bpf_run - first_cost_->bpf_run);
    coverage.host_cpu = std::max(Nanos::zero(), latest_cost_.host_cpu - first_cost_->host_cpu);
    coverage.host_steal =
        std::max(Nanos::zero(), latest_cost_.host_steal - first_cost_->host_steal);
    coverage.host_busy = std::max(Nanos::zero(), latest_cost_.host_busy - first_cost_->host_busy);
  }
  if (coverage.host_steal > coverage.host_cpu / told_steal_part)
    coverage.gaps.push_back(
        "the hypervisor took " + percent(coverage.host_steal, coverage.host_cpu) +
        " of the host's CPU time away: it is in on_cpu and run_queue and nobody's fault here");
  if (stray_requests_ > 0)
    coverage.gaps.push_back(std::to_string(stray_requests_) +
                            " requests were served by processes that belong to no known server");
  if (forgotten_servers_ > 0)
    coverage.gaps.push_back(std::to_string(forgotten_servers_) +
                            " servers that are gone are not told of any more");
  if (nameless_pipelined_ > 0)
    coverage.gaps.push_back(
        std::to_string(nameless_pipelined_) +
        " requests came in one read behind another (pipelining), too far behind "
        "for their endpoint to be known");
  for (const auto &[server, table] : endpoints_) {
    if (table.overflowed())
      coverage.gaps.push_back("the server " + std::to_string(server) + " has more than " +
                              std::to_string(max_endpoints_) +
                              " endpoints; the rest is counted as (other). Route patterns in the "
                              "configuration join what belongs together");
  }
  return coverage;
}

ServerReport EvidenceState::server_report(const Server &server, const EvidenceState &settled) const
{
  ServerReport report{ .server = server };
  if (const auto queues = listen_queues_.find(server.master_tgid); queues != listen_queues_.end())
    report.listen_queues = queues->second.report();
  if (const auto told = escalations_.find(server.master_tgid); told != escalations_.end())
    report.escalations = told->second;
  if (const auto load = settled.loads_.find(server.master_tgid); load != settled.loads_.end())
    report.load = load->second.requests();
  const auto add_worker = [&](const WorkerAggregate &worker, const WorkerAggregate &whole) {
    WorkerReport &added = report.workers.emplace_back(
        worker.report(whole, window(), server.threads_per_worker, routes_));
    added.restarts = roster_.restarts(server.master_tgid);
  };
  for (const auto &[tgid, process] : processes_) {
    if (roster_.server_of(tgid) != server.master_tgid)
      continue;
    add_worker(process.worker, settled.processes_.at(tgid).worker);
    if (const std::uint32_t threads = roster_.threads(tgid); threads != 0)
      report.workers.back().threads = threads;
  }
  for (const Ended &past : reused_) {
    if (past.server == server.master_tgid)
      add_worker(past.worker, past.worker);
  }
  std::ranges::stable_sort(report.workers, {}, &WorkerReport::tgid);
  if (const auto table = endpoints_.find(server.master_tgid); table != endpoints_.end()) {
    const auto traces = table->second.allocations().traces();
    for (WorkerReport &worker : report.workers) {
      if (const auto trace = traces.find(worker.tgid); trace != traces.end())
        worker.allocations = trace->second;
    }
  }
  if (const auto table = settled.endpoints_.find(server.master_tgid);
      table != settled.endpoints_.end()) {
    const auto globals = table->second.globals();
    for (WorkerReport &worker : report.workers) {
      if (const auto seen = globals.find(worker.tgid); seen != globals.end())
        worker.globals = seen->second;
    }
  }
  return report;
}

EvidenceState EvidenceState::settled_copy() const
{
  EvidenceState settled = *this;
  settled.sink_ = nullptr; // these are told when they are whole
  settled.settle();
  return settled;
}

Report EvidenceState::report(bool with_open_requests) const
{
  return with_open_requests ? report_with(settled_copy()) : report_with(*this);
}

Report EvidenceState::report_with(const EvidenceState &settled) const
{
  Report report{ .clock = clock_, .window = window() };
  for (const auto &[master, server] : roster_.servers())
    report.servers.push_back(server_report(server, settled));
  for (const auto &[server, table] : settled.endpoints_)
    std::ranges::move(table.report(server), std::back_inserter(report.endpoints));
  std::ranges::sort(report.endpoints, {}, [](const EndpointReport &endpoint) {
    return std::tuple{ -endpoint.times.wall().count(), endpoint.server, endpoint.method,
                       endpoint.route };
  });
  report.coverage = settled.coverage();
  return report;
}

Profile EvidenceState::profile(ProfileKind kind) const
{
  const EvidenceState settled = settled_copy();
  Profile profile{ .kind = kind,
                   .clock = clock_,
                   .window = window(),
                   .values = values_of(kind),
                   .main_value = main_value_of(kind) };
  AllocationTrace traced;
  for (const auto &[server, table] : settled.endpoints_) {
    std::ranges::move(table.profile(server, kind), std::back_inserter(profile.samples));
    for (const auto &[tgid, trace] : table.allocations().traces()) {
      traced.settled += trace.settled;
      traced.unsettled += trace.unsettled;
      if (needs_allocations(kind) && !trace.gap.empty())
        profile.notes.push_back("worker " + std::to_string(tgid) + ": " + trace.gap);
    }
  }
  if (profile.samples.empty())
    profile.notes.emplace_back(needs_allocations(kind)
                                   ? "There is nothing to show: no request settled while "
                                     "allocations were traced."
                                   : "There is nothing to show: no request ended in the window.");
  if (needs_allocations(kind))
    profile.notes.push_back("Of the " + std::to_string(traced.settled) +
                            " requests that had settled; " + std::to_string(traced.unsettled) +
                            " had not and count nowhere.");
  std::ranges::stable_sort(
      profile.samples, std::ranges::greater{},
      [&](const ProfileSample &sample) { return sample.values[profile.main_value]; });
  std::ranges::copy(settled.coverage().gaps, std::back_inserter(profile.notes));
  return profile;
}

bool EvidenceState::traced_allocations() const
{
  return std::ranges::any_of(
      endpoints_, [](const auto &table) { return !table.second.allocations().traces().empty(); });
}

TimeWindow EvidenceState::window() const
{
  return { begin_.value_or(clock_.monotonic), clock_.monotonic };
}

} // namespace linger::domain
