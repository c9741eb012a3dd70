#include "domain/roster.h"

#include "domain/worker_aggregate.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace linger::domain {
namespace {

constexpr const char *unseen_end = "ended unseen";

} // namespace

std::vector<Roster::Change> Roster::add(const ServersSeen &seen)
{
  std::vector<Change> changes;
  std::unordered_set<std::uint32_t> workers;
  for (const Server &server : seen.servers) {
    scan(server, seen.time, changes);
    for (const WorkerProcess &worker : server.workers)
      workers.insert(worker.tgid);
  }
  for (auto &[tgid, member] : members_) {
    // A worker that started while the scan was under way is not missing from it.
    if (member.alive && member.joined < seen.time && !workers.contains(tgid)) {
      leave(tgid, member, unseen_end, changes);
      member.missed = true;
    }
  }
  return changes;
}

std::vector<Roster::Change> Roster::add(const ProcessEvent &event)
{
  std::vector<Change> changes;
  const auto known = members_.find(event.tgid);
  const bool alive = known != members_.end() && known->second.alive;
  switch (event.kind) {
    case ProcessEvent::Kind::started:
      if (servers_.contains(event.parent_tgid))
        join(event.tgid, { .server = event.parent_tgid, .joined = event.time }, changes);
      break;
    case ProcessEvent::Kind::executed:
      if (alive && !known->second.scanned) {
        // Neither started nor ended as a worker.
        Turnover &turnover = turnover_[known->second.server];
        turnover.started -= std::min(1U, turnover.started);
        changes.push_back({ .kind = Change::Kind::left,
                            .tgid = event.tgid,
                            .server = known->second.server,
                            .reason = "executed another program" });
        members_.erase(known);
      }
      break;
    case ProcessEvent::Kind::exited:
      if (alive) {
        leave(event.tgid, known->second, exit_reason(event.wait_status), changes, event);
      } else if (known != members_.end() && known->second.missed) {
        known->second.missed = false;
        changes.push_back({ .kind = Change::Kind::left,
                            .tgid = event.tgid,
                            .server = known->second.server,
                            .reason = exit_reason(event.wait_status),
                            .exit = event });
      }
      break;
  }
  return changes;
}

std::optional<std::uint32_t> Roster::server_of(std::uint32_t tgid) const
{
  const auto member = members_.find(tgid);
  if (member == members_.end())
    return std::nullopt;
  return member->second.server;
}

void Roster::forget_server(std::uint32_t master)
{
  servers_.erase(master);
  turnover_.erase(master);
  std::erase_if(members_, [master](const auto &member) { return member.second.server == master; });
}

std::uint32_t Roster::restarts(std::uint32_t server) const
{
  // Whoever left without a successor lowered the number of workers; started - ended is by how much
  // that number changed.
  const auto turnover = turnover_.find(server);
  return turnover == turnover_.end() ? 0
                                     : std::min(turnover->second.started, turnover->second.ended);
}

std::uint32_t Roster::threads(std::uint32_t tgid) const
{
  const auto member = members_.find(tgid);
  return member == members_.end() ? 0 : member->second.threads;
}

void Roster::join(std::uint32_t tgid, const Member &member, std::vector<Change> &changes)
{
  const auto known = members_.find(tgid);
  if (known != members_.end()) {
    if (known->second.alive)
      ++turnover_[known->second.server].ended;
    changes.push_back({ .kind = Change::Kind::reused,
                        .tgid = tgid,
                        .server = known->second.server,
                        .reason = unseen_end });
  }
  members_[tgid] = member;
  if (turnover_.contains(member.server))
    ++turnover_[member.server].started;
  changes.push_back({ .kind = Change::Kind::joined, .tgid = tgid, .server = member.server });
}

void Roster::leave(std::uint32_t tgid, Member &member, std::string reason,
                   std::vector<Change> &changes, const std::optional<ProcessEvent> &exit)
{
  member.alive = false;
  ++turnover_[member.server].ended;
  changes.push_back({ .kind = Change::Kind::left,
                      .tgid = tgid,
                      .server = member.server,
                      .reason = std::move(reason),
                      .exit = exit });
}

void Roster::scan(const Server &server, MonotonicTime time, std::vector<Change> &changes)
{
  servers_[server.master_tgid] = server;
  for (const WorkerProcess &worker : server.workers) {
    Member found{ .server = server.master_tgid,
                  .start_ticks = worker.start_ticks,
                  .threads = worker.threads,
                  .joined = time,
                  .scanned = true };
    const auto known = members_.find(worker.tgid);
    if (known == members_.end()) {
      join(worker.tgid, found, changes);
      continue;
    }
    Member &member = known->second;
    const bool other_process = member.start_ticks != 0 && worker.start_ticks != 0 &&
                               member.start_ticks != worker.start_ticks;
    if (other_process) {
      join(worker.tgid, found, changes);
      continue;
    }
    // A scan may have begun before the process ended: it does not bring back a worker whose end was
    // seen, only one that an earlier scan missed.
    const bool back = std::exchange(member.missed, false);
    if (back) {
      member.alive = true;
      --turnover_[member.server].ended;
    }
    member.start_ticks = found.start_ticks;
    member.threads = found.threads;
    member.scanned = true;
    if (back || member.server != found.server) {
      member.server = found.server;
      changes.push_back(
          { .kind = Change::Kind::joined, .tgid = worker.tgid, .server = found.server });
    }
  }
  // From here on a new worker is one that was started in the window.
  turnover_.try_emplace(server.master_tgid);
}

} // namespace linger::domain
