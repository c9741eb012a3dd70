#include "domain/outgoing_aggregate.h"

#include <algorithm>

namespace linger::domain {
namespace {

std::uint64_t since(std::uint64_t before, std::uint64_t latest)
{
  return latest - std::min(before, latest);
}

Nanos age(std::optional<MonotonicTime> begin, MonotonicTime now)
{
  return begin ? std::max(Nanos::zero(), now - *begin) : Nanos::zero();
}

} // namespace

void OutgoingAggregate::add(const OutgoingSample &sample, MonotonicTime window_begin)
{
  const bool is_base = !looked_ && sample.counted_since < window_begin;
  looked_ = true;
  time_ = sample.time;
  for (const PeerConnections &peer : sample.peers) {
    Tally &tally = tallies_[peer.peer.address];
    if (is_base) {
      tally.opened_before = peer.opened;
      tally.closed_before = peer.closed;
    }
    tally.most_open = std::max<std::uint64_t>(tally.most_open, peer.open);
    tally.most_in_use = std::max<std::uint64_t>(tally.most_in_use, peer.in_use);
    tally.latest = peer;
  }
}

std::vector<PeerReport> OutgoingAggregate::report() const
{
  std::vector<PeerReport> reports;
  for (const auto &[address, tally] : tallies_) {
    const PeerConnections &latest = tally.latest;
    PeerReport report{ .peer = latest.peer,
                       .open = latest.open,
                       .in_use = latest.in_use,
                       .idle = since(latest.in_use + latest.idle_in_transaction, latest.open),
                       .idle_in_transaction = latest.idle_in_transaction,
                       .closed_by_peer = latest.closed_by_peer,
                       .opened = since(tally.opened_before, latest.opened),
                       .closed = since(tally.closed_before, latest.closed),
                       .most_open = tally.most_open,
                       .most_in_use = tally.most_in_use,
                       .oldest = age(latest.oldest_since, time_),
                       .oldest_was_there = latest.oldest_was_there,
                       .longest_transaction = age(latest.transaction_since, time_) };
    if (report.most_open > 0 || report.opened > 0 || report.closed > 0)
      reports.push_back(std::move(report));
  }
  return reports;
}

} // namespace linger::domain
