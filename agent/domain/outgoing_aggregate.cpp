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

void OutgoingAggregate::add(const OutgoingSample &sample, MonotonicTime window_begin,
                            std::uint64_t requests)
{
  const bool is_base = !looked_ && sample.counted_since < window_begin;
  if (!looked_)
    first_requests_ = requests;
  const bool is_first = !looked_;
  looked_ = true;
  time_ = sample.time;
  requests_ = requests;
  for (const PeerConnections &peer : sample.peers) {
    Tally &tally = tallies_[peer.peer.address];
    if (is_base) {
      tally.opened_before = peer.opened;
      tally.closed_before = peer.closed;
    }
    tally.most_open = std::max<std::uint64_t>(tally.most_open, peer.open);
    tally.most_in_use = std::max<std::uint64_t>(tally.most_in_use, peer.in_use);
    tally.most_taken = std::max<std::uint64_t>(tally.most_taken, peer.taken);
    follow_transactions(tally, peer, sample.time);
    const std::uint64_t unused = since(peer.in_use, peer.open);
    if (is_first)
      tally.unused_first = unused;
    keep_look(tally, { requests, unused });
    tally.latest = peer;
  }
}

void OutgoingAggregate::follow_transactions(Tally &tally, const PeerConnections &peer,
                                            MonotonicTime time)
{
  if (peer.idle_in_transaction == 0) {
    tally.idle_in_transaction_since.reset();
    return;
  }
  if (!tally.idle_in_transaction_since)
    tally.idle_in_transaction_since = time;
  tally.longest_idle_in_transaction =
      std::max(tally.longest_idle_in_transaction, age(tally.idle_in_transaction_since, time));
}

void OutgoingAggregate::keep_look(Tally &tally, Look look)
{
  if (tally.looks_skipped < tally.looks_between) {
    ++tally.looks_skipped;
    return;
  }
  tally.looks_skipped = 0;
  tally.looks.push_back(look);
  if (tally.looks.size() < max_looks)
    return;
  for (std::size_t i = 0; 2 * i < max_looks; ++i)
    tally.looks[i] = tally.looks[2 * i];
  tally.looks.resize(max_looks / 2);
  tally.looks_between = 2 * tally.looks_between + 1;
  // The last of them was left out.
  tally.looks_skipped = tally.looks_between / 2 + 1;
}

/// By the latest look at which the worker had served no more than that; none were open before the
/// first.
std::uint64_t OutgoingAggregate::unused_at(const Tally &tally, std::uint64_t requests)
{
  std::uint64_t unused = 0;
  for (const Look &look : tally.looks) {
    if (look.requests <= requests)
      unused = look.unused;
  }
  return unused;
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
                       .longest_transaction = age(latest.transaction_since, time_),
                       .longest_idle_in_transaction = tally.longest_idle_in_transaction,
                       .unused_first = tally.unused_first,
                       .unused_middle =
                           unused_at(tally, first_requests_ + (requests_ - first_requests_) / 2),
                       .most_taken = tally.most_taken,
                       .limit = latest.limit };
    if (report.most_open > 0 || report.opened > 0 || report.closed > 0)
      reports.push_back(std::move(report));
  }
  return reports;
}

} // namespace linger::domain
