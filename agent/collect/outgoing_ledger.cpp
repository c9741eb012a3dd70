#include "collect/outgoing_ledger.h"

#include <algorithm>
#include <utility>

namespace linger::collect {
namespace {

void take_over(domain::PeerConnections &account, const decode::OutgoingSocket &socket)
{
  ++account.open;
  if (socket.closed_by_peer)
    ++account.closed_by_peer;
  if (socket.in_use)
    ++account.in_use;
  else if (socket.transaction_since)
    ++account.idle_in_transaction;
  if (socket.transaction_since &&
      (!account.transaction_since || *socket.transaction_since < *account.transaction_since))
    account.transaction_since = socket.transaction_since;
}

/// Everything but what is counted over time.
void empty(domain::PeerConnections &account)
{
  account = { .peer = std::move(account.peer),
              .opened = account.opened,
              .closed = account.closed,
              .oldest_since = {},
              .transaction_since = {} };
}

} // namespace

void OutgoingLedger::watch(std::uint32_t tgid, domain::MonotonicTime now)
{
  workers_.try_emplace(tgid, Worker{ .since = now, .held = {}, .peers = {}, .used_at_first = {} });
}

std::vector<std::uint32_t> OutgoingLedger::watched() const
{
  std::vector<std::uint32_t> tgids;
  for (const auto &[tgid, worker] : workers_)
    tgids.push_back(tgid);
  return tgids;
}

std::vector<domain::OutgoingSample>
OutgoingLedger::look(domain::MonotonicTime now, const std::vector<std::uint32_t> &tgids,
                     const std::vector<decode::OutgoingSocket> &sockets,
                     const std::vector<OpenedCount> &opened)
{
  std::map<std::uint32_t, std::vector<const decode::OutgoingSocket *>> by_worker;
  for (const decode::OutgoingSocket &socket : sockets)
    by_worker[socket.tgid].push_back(&socket);
  std::vector<domain::OutgoingSample> samples;
  for (const std::uint32_t tgid : tgids) {
    const auto known = workers_.find(tgid);
    if (known == workers_.end())
      continue;
    count_opened(known->second, tgid, opened);
    settle(known->second, now, by_worker[tgid]);
    samples.push_back(sample_of(tgid, known->second, now));
  }
  return samples;
}

std::optional<domain::OutgoingSample> OutgoingLedger::end(std::uint32_t tgid,
                                                          domain::MonotonicTime now,
                                                          const std::vector<OpenedCount> &opened)
{
  const auto found = workers_.find(tgid);
  if (found == workers_.end())
    return std::nullopt;
  Worker worker = std::move(found->second);
  workers_.erase(found);
  count_opened(worker, tgid, opened);
  settle(worker, now, {});
  return sample_of(tgid, worker, now);
}

domain::PeerConnections &OutgoingLedger::account_of(Worker &worker, const domain::Peer &peer)
{
  auto known = worker.peers.find(peer.address);
  if (known == worker.peers.end() && worker.peers.size() >= max_peers)
    return worker.peers
        .try_emplace(other_peers, domain::PeerConnections{ .peer = { .address = other_peers } })
        .first->second;
  if (known == worker.peers.end())
    known = worker.peers.try_emplace(peer.address).first;
  known->second.peer = peer; // more may be known of it by now
  return known->second;
}

void OutgoingLedger::count_opened(Worker &worker, std::uint32_t tgid,
                                  const std::vector<OpenedCount> &opened)
{
  for (auto &[address, account] : worker.peers)
    account.opened = 0;
  for (const OpenedCount &count : opened) {
    if (count.tgid == tgid)
      account_of(worker, count.peer).opened += count.count;
  }
}

void OutgoingLedger::settle(Worker &worker, domain::MonotonicTime now,
                            const std::vector<const decode::OutgoingSocket *> &sockets)
{
  std::map<std::uint64_t, Held> held;
  std::map<std::string, std::uint64_t> used;
  for (auto &[address, account] : worker.peers)
    empty(account);
  for (const decode::OutgoingSocket *socket : sockets) {
    if (held.contains(socket->inode)) // one socket under two descriptors
      continue;
    const auto known = worker.held.find(socket->inode);
    const Held &one =
        held.emplace(socket->inode, known != worker.held.end()
                                        ? known->second
                                        : Held{ .seen = now, .was_there = !worker.looked })
            .first->second;
    domain::PeerConnections &account = account_of(worker, socket->peer);
    take_over(account, *socket);
    if (socket->used)
      ++used[account.peer.address];
    if (!account.oldest_since || one.seen < *account.oldest_since) {
      account.oldest_since = one.seen;
      account.oldest_was_there = one.was_there;
    }
  }
  for (auto &[address, account] : worker.peers) {
    if (!worker.looked) // what it has opened itself by now was not there before
      worker.used_at_first[address] = used[address] - std::min(account.opened, used[address]);
    const std::uint64_t all = worker.used_at_first[address] + account.opened;
    account.closed = std::max(account.closed, all - std::min(all, used[address]));
  }
  worker.held = std::move(held);
  worker.looked = true;
}

domain::OutgoingSample OutgoingLedger::sample_of(std::uint32_t tgid, const Worker &worker,
                                                 domain::MonotonicTime now)
{
  domain::OutgoingSample sample{
    .time = now, .tgid = tgid, .counted_since = worker.since, .peers = {}
  };
  for (const auto &[address, account] : worker.peers)
    sample.peers.push_back(account);
  return sample;
}

} // namespace linger::collect
