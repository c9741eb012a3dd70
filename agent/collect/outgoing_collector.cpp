#include "collect/outgoing_collector.h"

#include "wire/outgoing_record.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace linger::collect {

Result<> OutgoingCollector::take_up(const domain::Server &server, domain::MonotonicTime now)
{
  std::vector<std::uint32_t> tgids;
  for (const domain::WorkerProcess &worker : server.workers) {
    if (!ledger_.watches(worker.tgid))
      tgids.push_back(worker.tgid);
  }
  if (tgids.empty())
    return {};
  auto open = sockets(tgids);
  if (!open)
    return tl::unexpected(open.error());
  auto used = probe_.used_unix_sockets();
  for (decode::OutgoingSocket &socket : *open) {
    if (!socket.is_unix || ledger_.watches(socket.tgid))
      continue;
    socket.used = true;              // as far as anyone can tell
    (void)used.put(socket.inode, 1); // at worst it counts as opened
  }
  for (const std::uint32_t tgid : tgids) {
    ledger_.watch(tgid, now);
    (void)ledger_.look(now, { tgid }, *open, opened());
  }
  return {};
}

std::optional<domain::OutgoingSample> OutgoingCollector::note(const domain::ProcessEvent &event)
{
  if (event.kind == domain::ProcessEvent::Kind::started)
    ledger_.watch(event.tgid, event.time);
  return event.kind == domain::ProcessEvent::Kind::exited ? end(event.tgid, event.time)
                                                          : std::nullopt;
}

void OutgoingCollector::note(const decode::Thread &thread)
{
  for (const auto &[socket, port] : thread.asked)
    asked_.emplace(thread.sample.tgid, socket, port);
}

Result<std::vector<domain::OutgoingSample>> OutgoingCollector::sample(domain::MonotonicTime now)
{
  std::vector<domain::OutgoingSample> samples;
  // Those whose end is still on its way, or was lost.
  const auto watched = probe_.watched_processes();
  for (const std::uint32_t tgid : ledger_.watched()) {
    if (watched.find(tgid))
      continue;
    if (auto last = end(tgid, now))
      samples.push_back(std::move(*last));
  }
  // First what was opened: a connection that is opened in between is open and not counted yet,
  // which the next look sets right.
  const std::vector<OpenedCount> counts = opened();
  const std::vector<std::uint32_t> tgids = ledger_.watched();
  const auto open = sockets(tgids);
  if (!open)
    return tl::unexpected(open.error());
  std::ranges::move(ledger_.look(now, tgids, *open, counts), std::back_inserter(samples));
  return samples;
}

Result<std::vector<decode::OutgoingSocket>>
OutgoingCollector::sockets(const std::vector<std::uint32_t> &tgids)
{
  const auto bytes = probe_.read_outgoing(tgids);
  if (!bytes)
    return tl::unexpected(bytes.error());
  std::vector<decode::OutgoingSocket> sockets;
  auto rest = std::as_bytes(std::span(*bytes));
  for (; rest.size() >= sizeof(outgoing_record); rest = rest.subspan(sizeof(outgoing_record))) {
    auto socket = decode::decode_outgoing(rest.first(sizeof(outgoing_record)), names_);
    if (!socket) {
      ++malformed_records_;
      last_malformed_ = socket.error().what;
      continue;
    }
    if (asked_.contains({ socket->tgid, socket->socket, socket->port }))
      socket->in_use = true;
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

std::vector<OpenedCount> OutgoingCollector::opened() const
{
  const auto peers = probe_.peers();
  const auto ports = probe_.port_causes();
  std::vector<OpenedCount> counts;
  for (const auto &[key, count] : probe_.opened_counts().entries()) {
    // Those that are not known go by their port, as in the kernel.
    peer known{};
    known.cause = ports.find(key.target.port).value_or(CAUSE_UPSTREAM);
    known = peers.find(key.target).value_or(known);
    counts.push_back({ key.tgid, decode::describe_peer(key.target, known, names_), count });
  }
  return counts;
}

std::optional<domain::OutgoingSample> OutgoingCollector::end(std::uint32_t tgid,
                                                             domain::MonotonicTime now)
{
  auto last = ledger_.end(tgid, now, opened());
  if (!last)
    return std::nullopt;
  auto counts = probe_.opened_counts();
  for (const auto &[key, count] : counts.entries()) {
    if (key.tgid == tgid)
      counts.erase(key);
  }
  return last;
}

} // namespace linger::collect
