#include "collect/outgoing_ledger.h"

#include <gtest/gtest.h>

namespace linger::collect {
namespace {

using namespace std::chrono_literals;
using decode::OutgoingSocket;
using domain::PeerConnections;

constexpr std::uint32_t worker = 101;

domain::MonotonicTime at(domain::Nanos time)
{
  return domain::MonotonicTime{ time };
}

domain::Peer peer(const std::string &address)
{
  return { .address = address, .cause = domain::Cause::database };
}

OutgoingSocket socket(std::uint64_t inode, const std::string &address = "db")
{
  return {
    .tgid = worker, .inode = inode, .used = true, .transaction_since = {}, .peer = peer(address)
  };
}

OutgoingSocket in_use(OutgoingSocket socket)
{
  socket.in_use = true;
  return socket;
}

OutgoingSocket in_transaction(OutgoingSocket socket, domain::Nanos since)
{
  socket.transaction_since = at(since);
  return socket;
}

std::vector<OpenedCount> opened(std::uint64_t count, const std::string &address = "db")
{
  return { { .tgid = worker, .peer = peer(address), .count = count } };
}

class OutgoingLedgerTest : public testing::Test {
protected:
  OutgoingLedgerTest() { ledger.watch(worker, at(0s)); }

  /// What one look says of the worker's only peer.
  PeerConnections look(domain::Nanos time, const std::vector<OutgoingSocket> &sockets,
                       const std::vector<OpenedCount> &counts = {})
  {
    const auto samples = ledger.look(at(time), { worker }, sockets, counts);
    EXPECT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples.at(0).peers.size(), 1U);
    return samples.at(0).peers.at(0);
  }

  OutgoingLedger ledger;
};

TEST_F(OutgoingLedgerTest, EachOpenConnectionIsInUseIdleInATransactionOrIdle)
{
  const PeerConnections seen =
      look(10s, { socket(1), in_use(socket(2)), in_transaction(socket(3), 7s),
                  in_use(in_transaction(socket(4), 5s)) });

  EXPECT_EQ(seen.open, 4U);
  EXPECT_EQ(seen.in_use, 2U);
  EXPECT_EQ(seen.idle_in_transaction, 1U);
  EXPECT_EQ(seen.transaction_since, at(5s)) << "the longest, in use or not";
}

TEST_F(OutgoingLedgerTest, WhatWasThereAtTheFirstLookWasNotOpenedSince)
{
  const PeerConnections first = look(1s, { socket(1), socket(2) });
  EXPECT_EQ(first.opened, 0U);
  EXPECT_TRUE(first.oldest_was_there);

  const PeerConnections later = look(2s, { socket(2) });
  EXPECT_EQ(later.opened, 0U);
  EXPECT_EQ(later.closed, 1U);
}

TEST_F(OutgoingLedgerTest, ConnectionsThatLivedBetweenTwoLooksAreOpenedAndClosed)
{
  (void)ledger.look(at(1s), { worker }, {}, {});
  const PeerConnections seen = look(2s, { socket(9) }, opened(8));

  EXPECT_EQ(seen.open, 1U);
  EXPECT_EQ(seen.opened, 8U);
  EXPECT_EQ(seen.closed, 7U);
}

TEST_F(OutgoingLedgerTest, WhatAYoungWorkerOpenedBeforeItsFirstLookWasNotThere)
{
  const PeerConnections seen = look(1s, { socket(1) }, opened(3));
  EXPECT_EQ(seen.opened, 3U);
  EXPECT_EQ(seen.closed, 2U);
}

TEST_F(OutgoingLedgerTest, AConnectionIsNotOpenedUntilSomethingIsSentOnIt)
{
  (void)ledger.look(at(1s), { worker }, {}, {});
  OutgoingSocket unused = socket(1);
  unused.used = false;
  const PeerConnections before = look(2s, { unused });
  EXPECT_EQ(before.open, 1U);
  EXPECT_EQ(before.closed, 0U);

  const PeerConnections after = look(3s, { socket(1) }, opened(1));
  EXPECT_EQ(after.opened, 1U);
  EXPECT_EQ(after.closed, 0U);
}

TEST_F(OutgoingLedgerTest, ClosedNeverDecreases)
{
  (void)ledger.look(at(1s), { worker }, {}, {});
  EXPECT_EQ(look(2s, {}, opened(2)).closed, 2U);
  // It was opened between the reading of the counts and that of the descriptors.
  EXPECT_EQ(look(3s, { socket(1) }, opened(2)).closed, 2U);
  EXPECT_EQ(look(4s, {}, opened(3)).closed, 3U);
}

TEST_F(OutgoingLedgerTest, TheOldestIsKnownSinceItWasFirstSeen)
{
  (void)ledger.look(at(1s), { worker }, {}, {});
  (void)look(2s, { socket(1) }, opened(1));
  PeerConnections seen = look(5s, { socket(1), socket(2) }, opened(2));
  EXPECT_EQ(seen.oldest_since, at(2s));
  EXPECT_FALSE(seen.oldest_was_there);

  seen = look(6s, { socket(2) }, opened(2));
  EXPECT_EQ(seen.oldest_since, at(5s));

  seen = look(7s, {}, opened(2));
  EXPECT_EQ(seen.oldest_since, std::nullopt);
}

TEST_F(OutgoingLedgerTest, OneSocketUnderTwoDescriptorsIsOne)
{
  EXPECT_EQ(look(1s, { socket(1), socket(1) }).open, 1U);
}

TEST_F(OutgoingLedgerTest, AWorkersEndClosesWhatItHeld)
{
  (void)look(1s, { socket(1) });
  const auto last = ledger.end(worker, at(2s), opened(4));

  ASSERT_TRUE(last);
  EXPECT_EQ(last->peers.at(0).open, 0U);
  EXPECT_EQ(last->peers.at(0).opened, 4U);
  EXPECT_EQ(last->peers.at(0).closed, 5U);
  EXPECT_FALSE(ledger.watches(worker));
  EXPECT_FALSE(ledger.end(worker, at(3s), {}));
}

TEST_F(OutgoingLedgerTest, ManyPeersAreOne)
{
  std::vector<OutgoingSocket> sockets;
  for (std::uint64_t i = 0; i < 2 * OutgoingLedger::max_peers; ++i)
    sockets.push_back(socket(i + 1, std::to_string(i)));
  const auto samples = ledger.look(at(1s), { worker }, sockets, {});

  ASSERT_EQ(samples.at(0).peers.size(), OutgoingLedger::max_peers + 1);
  std::uint64_t open = 0;
  for (const PeerConnections &connections : samples.at(0).peers) {
    open += connections.open;
    if (connections.peer.address == OutgoingLedger::other_peers) {
      EXPECT_EQ(connections.open, OutgoingLedger::max_peers);
    }
  }
  EXPECT_EQ(open, sockets.size());
}

TEST_F(OutgoingLedgerTest, AWorkerIsSampledThoughItHasNoConnections)
{
  const auto samples = ledger.look(at(1s), { worker }, {}, {});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_TRUE(samples.front().peers.empty());
  EXPECT_EQ(samples.front().counted_since, at(0s));
}

TEST_F(OutgoingLedgerTest, WhatIsNotWatchedIsNobodys)
{
  OutgoingSocket foreign = socket(1);
  foreign.tgid = 999;
  const auto samples = ledger.look(at(1s), { worker, 999 }, { foreign }, {});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_TRUE(samples.front().peers.empty());
}

} // namespace
} // namespace linger::collect
