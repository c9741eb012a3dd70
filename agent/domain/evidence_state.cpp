#include "domain/evidence_state.h"

#include <algorithm>
#include <set>

namespace linger::domain {
namespace {

// Workers that ended and are still told of; a server that replaces its workers all day long must
// not fill the agent.
constexpr std::size_t max_ended = 256;
// Processes that no server has claimed yet, and the requests kept for each until one does.
constexpr std::size_t max_strangers = 64;
constexpr std::size_t max_held_requests = 512;
// Servers that are gone and still told of: on a node whose pods come and go there is no end of
// them.
constexpr std::size_t max_gone = 16;
// Closer looks at a server's memory that are told of.
constexpr std::size_t max_escalations = 16;
// Where requests are counted whose server never became known.
constexpr std::uint32_t no_server = 0;

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
  note_gone(seen);
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

void EvidenceState::add(const MemoryLook &look)
{
  // A process that no server has claimed has counted no requests yet.
  if (const auto server = roster_.server_of(look.tgid))
    endpoints_of(*server).add(look);
}

void EvidenceState::add(const GlobalsLook &look)
{
  if (const auto server = roster_.server_of(look.tgid))
    endpoints_of(*server).add(look);
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

void EvidenceState::note_gone(const ServersSeen &seen)
{
  std::set<std::uint32_t> present;
  for (const Server &server : seen.servers)
    present.insert(server.master_tgid);
  std::erase_if(gone_, [&](std::uint32_t master) { return present.contains(master); });
  for (const auto &[master, server] : roster_.servers()) {
    if (!present.contains(master) && std::ranges::find(gone_, master) == gone_.end())
      gone_.push_back(master);
  }
  while (gone_.size() > max_gone) {
    forget_server(gone_.front());
    gone_.erase(gone_.begin());
  }
}

void EvidenceState::forget_server(std::uint32_t master)
{
  const auto is_its = [&](std::uint32_t tgid) { return roster_.server_of(tgid) == master; };
  std::erase_if(ended_, is_its);
  std::erase_if(processes_, [&](const auto &process) { return is_its(process.first); });
  std::erase_if(reused_, [&](const Ended &past) { return past.server == master; });
  endpoints_.erase(master);
  listen_queues_.erase(master);
  escalations_.erase(master);
  loads_.erase(master);
  roster_.forget_server(master);
  ++forgotten_servers_;
}

void EvidenceState::settle()
{
  for (auto &[tgid, process] : processes_) {
    tell(tgid, process.worker.finish());
    count_held(no_server, process); // nothing is held where the server is known
  }
}

EndpointTable &EvidenceState::endpoints_of(std::uint32_t server)
{
  return endpoints_.try_emplace(server, max_endpoints_, profiled_).first->second;
}

} // namespace linger::domain
