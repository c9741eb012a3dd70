#include "app/server_members.h"

namespace linger::app {

using namespace std::chrono_literals;

void ServerMembers::add(const domain::ServersSeen &seen)
{
  std::erase_if(members_, [&](const auto &entry) {
    return entry.second.ended && seen.time - *entry.second.ended > 1min;
  });
  for (const domain::Server &server : seen.servers) {
    members_[server.master_tgid] = { .master_tgid = server.master_tgid, .ended = {} };
    for (const domain::WorkerProcess &worker : server.workers)
      members_[worker.tgid] = { .master_tgid = server.master_tgid, .ended = {} };
  }
}

void ServerMembers::add(const domain::ProcessEvent &event)
{
  switch (event.kind) {
    case domain::ProcessEvent::Kind::started:
      if (const auto master = master_of(event.parent_tgid))
        members_[event.tgid] = { .master_tgid = *master, .ended = {} };
      break;
    case domain::ProcessEvent::Kind::exited:
      if (const auto member = members_.find(event.tgid); member != members_.end())
        member->second.ended = event.time;
      break;
    case domain::ProcessEvent::Kind::executed:
      break;
  }
}

std::optional<std::uint32_t> ServerMembers::master_of(std::uint32_t tgid) const
{
  const auto member = members_.find(tgid);
  if (member == members_.end())
    return std::nullopt;
  return member->second.master_tgid;
}

} // namespace linger::app
