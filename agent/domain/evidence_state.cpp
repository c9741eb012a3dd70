#include "domain/evidence_state.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <tuple>

namespace linger::domain {
namespace {

// Workers that ended and are still told of; a server that replaces its workers all day long must
// not fill the agent.
constexpr std::size_t max_ended = 256;
// Processes that no server has claimed yet, and the requests kept for each until one does.
constexpr std::size_t max_strangers = 64;
constexpr std::size_t max_held_requests = 512;
// Closer looks at a server's memory that are told of.
constexpr std::size_t max_escalations = 16;
// Where requests are counted whose server never became known.
constexpr std::uint32_t no_server = 0;

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

void EvidenceState::add(const Request &request)
{
  tell(request.tgid, process(request.tgid).worker.add(request));
}

void EvidenceState::add(const Wait &wait)
{
  ++counted_.records_seen;
  process(wait.tgid).worker.add(wait);
}

void EvidenceState::add(const ThreadSample &sample)
{
  process(sample.tgid).worker.add(sample);
}

void EvidenceState::add(const MemorySample &sample)
{
  process(sample.tgid).worker.add(sample);
}

void EvidenceState::add(const OutgoingSample &sample)
{
  process(sample.tgid).worker.add(sample, begin_.value_or(MonotonicTime::max()));
}

void EvidenceState::add(const CpuLimitSample &sample)
{
  process(sample.tgid).worker.add(sample);
}

void EvidenceState::add(const ProcessEvent &event)
{
  ++counted_.records_seen;
  const bool stranger = !roster_.server_of(event.tgid);
  if (stranger && event.kind == ProcessEvent::Kind::exited && processes_.contains(event.tgid))
    tell(event.tgid, processes_.at(event.tgid).worker.finish());
  follow(roster_.add(event));
}

void EvidenceState::add(const ServersSeen &seen)
{
  follow(roster_.add(seen));
}

void EvidenceState::add(const CoverageSample &sample)
{
  if (begin_ && !first_cost_)
    first_cost_ = sample;
  latest_cost_ = sample;
}

void EvidenceState::add(const ListenSample &sample)
{
  // A server that is not known gives its figures to no report.
  if (roster_.servers().contains(sample.server))
    listen_queues_[sample.server].add(sample);
}

void EvidenceState::add(const HeapGrowth &growth)
{
  process(growth.tgid).worker.add(growth);
}

void EvidenceState::add(const AllocationsSeen &seen)
{
  endpoints_of(roster_.server_of(seen.tgid).value_or(no_server)).add(seen);
}

void EvidenceState::add(const Escalation &escalation)
{
  if (!roster_.servers().contains(escalation.server))
    return;
  std::vector<Escalation> &told = escalations_[escalation.server];
  std::erase_if(told, [&](const Escalation &earlier) {
    return earlier.begin == escalation.begin && earlier.tgid == escalation.tgid &&
           earlier.tier == escalation.tier;
  });
  told.push_back(escalation);
  if (told.size() > max_escalations)
    told.erase(told.begin());
}

void EvidenceState::add(const WindowMark &mark)
{
  if (!begin_)
    begin_ = mark.clock.monotonic;
  clock_ = mark.clock;
}

EvidenceState::Process &EvidenceState::process(std::uint32_t tgid)
{
  if (const auto known = processes_.find(tgid); known != processes_.end())
    return known->second;
  if (!roster_.server_of(tgid)) {
    if (strangers_.size() >= max_strangers) {
      const auto oldest = processes_.find(strangers_.front());
      strangers_.erase(strangers_.begin());
      tell(oldest->first, oldest->second.worker.finish());
      count_held(no_server, oldest->second);
      processes_.erase(oldest);
    }
    strangers_.push_back(tgid);
  }
  return processes_.emplace(tgid, Process{ .worker = WorkerAggregate{ tgid } }).first->second;
}

void EvidenceState::tell(std::uint32_t tgid, std::vector<WholeRequest> whole)
{
  Process &owner = processes_.at(tgid);
  const std::optional<std::uint32_t> server = roster_.server_of(tgid);
  for (WholeRequest &request : whole) {
    if (server) {
      count(*server, owner.worker, request);
      continue;
    }
    owner.held.push_back(std::move(request));
    if (owner.held.size() >= max_held_requests)
      count_held(no_server, owner);
  }
}

void EvidenceState::count(std::uint32_t server, WorkerAggregate &worker, const WholeRequest &whole)
{
  if (is_malformed(whole.request) || whole.request.status == 0)
    ++counted_.requests_broken;
  else
    ++counted_.requests_seen;
  if (server == no_server)
    ++stray_requests_;
  if (whole.request.pipelined && is_malformed(whole.request))
    ++nameless_pipelined_;
  worker.count(whole, begin_.value_or(MonotonicTime::max()));
  const EndpointAggregate &endpoint = endpoints_of(server).add(whole, routes_);
  if (const auto known = roster_.servers().find(server);
      known != roster_.servers().end() && has_request_threads(known->second))
    loads_[server].add(whole.request);
  if (sink_) {
    const MonotonicTime begin = whole.request.window.begin;
    sink_({ .server = server,
            .method = endpoint.method(),
            .route = endpoint.route(),
            .offset = std::max(Nanos::zero(), begin - begin_.value_or(begin)),
            .request = &whole.request });
  }
}

void EvidenceState::count_held(std::uint32_t server, Process &process)
{
  for (const WholeRequest &whole : std::exchange(process.held, {}))
    count(server, process.worker, whole);
}

void EvidenceState::follow(const std::vector<Roster::Change> &changes)
{
  for (const Roster::Change &change : changes) {
    if (change.kind == Roster::Change::Kind::joined)
      join(change);
    else
      leave(change);
  }
}

void EvidenceState::join(const Roster::Change &change)
{
  Process &member = process(change.tgid);
  member.worker.revive();
  std::erase(strangers_, change.tgid);
  std::erase(ended_, change.tgid);
  count_held(change.server, member);
}

void EvidenceState::leave(const Roster::Change &change)
{
  const auto left = processes_.find(change.tgid);
  if (left == processes_.end())
    return;
  WorkerAggregate &worker = left->second.worker;
  for (const WholeRequest &whole : worker.finish())
    count(change.server, worker, whole);
  if (!worker.exited() || change.kind == Roster::Change::Kind::left)
    worker.exit(change.reason, change.exit);
  endpoints_of(change.server).forget(change.tgid);
  std::erase(ended_, change.tgid);

  if (change.kind == Roster::Change::Kind::reused) {
    reused_.push_back({ .server = change.server, .worker = std::move(worker) });
    processes_.erase(left);
    if (reused_.size() > max_ended)
      reused_.erase(reused_.begin());
  } else if (!roster_.server_of(change.tgid)) { // it was no worker after all
    processes_.erase(left);
  } else {
    ended_.push_back(change.tgid);
    if (ended_.size() > max_ended) {
      processes_.erase(ended_.front());
      roster_.forget(ended_.front());
      ended_.erase(ended_.begin());
    }
  }
}

void EvidenceState::settle()
{
  for (auto &[tgid, process] : processes_) {
    tell(tgid, process.worker.finish());
    count_held(no_server, process); // nothing is held where the server is known
  }
}

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
  }
  if (coverage.host_steal > coverage.host_cpu / told_steal_part)
    coverage.gaps.push_back(
        "the hypervisor took " + percent(coverage.host_steal, coverage.host_cpu) +
        " of the host's CPU time away: it is in on_cpu and run_queue and nobody's fault here");
  if (stray_requests_ > 0)
    coverage.gaps.push_back(std::to_string(stray_requests_) +
                            " requests were served by processes that belong to no known server");
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
  return report;
}

Report EvidenceState::report(bool with_open_requests) const
{
  EvidenceState settled = *this;
  settled.sink_ = nullptr; // these are told when they are whole
  if (with_open_requests)
    settled.settle();

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
  EvidenceState settled = *this;
  settled.sink_ = nullptr; // these are told when they are whole
  settled.settle();

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

EndpointTable &EvidenceState::endpoints_of(std::uint32_t server)
{
  return endpoints_.try_emplace(server, max_endpoints_, profiled_).first->second;
}

} // namespace linger::domain
