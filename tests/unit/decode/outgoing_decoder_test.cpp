#include "decode/outgoing_decoder.h"

#include "decode/target.h"

#include "wire/outgoing_record.h"

#include <gtest/gtest.h>

namespace linger::decode {
namespace {

outgoing_record good()
{
  outgoing_record record{};
  record.tgid = 7;
  record.flags = OUTGOING_USED | OUTGOING_PEER_CLOSED;
  record.socket = 0xffff888000000001;
  record.socket_inode = 4711;
  record.transaction_ns = 40;
  record.target = *target_of("127.0.0.1", 5432);
  record.peer.cause = CAUSE_DATABASE;
  record.peer.flags = PEER_TLS;
  record.port = 40001;
  return record;
}

auto decode(const outgoing_record &record, const PeerNames &names = {})
{
  return decode_outgoing(std::as_bytes(std::span(&record, 1)), names);
}

TEST(DecodeOutgoing, TurnsWireFieldsIntoDomainWords)
{
  const auto socket = decode(good());

  ASSERT_TRUE(socket) << socket.error().what;
  EXPECT_EQ(socket->tgid, 7U);
  EXPECT_EQ(socket->inode, 4711U);
  EXPECT_EQ(socket->port, 40001U);
  EXPECT_TRUE(socket->used);
  EXPECT_FALSE(socket->in_use);
  EXPECT_TRUE(socket->closed_by_peer);
  EXPECT_FALSE(socket->is_unix);
  EXPECT_EQ(socket->transaction_since, domain::MonotonicTime{ domain::Nanos{ 40 } });
  EXPECT_EQ(
      socket->peer,
      (domain::Peer{ .address = "127.0.0.1:5432", .cause = domain::Cause::database, .tls = true }));
}

TEST(DecodeOutgoing, NoTransactionIsNone)
{
  outgoing_record record = good();
  record.transaction_ns = 0;
  EXPECT_EQ(decode(record)->transaction_since, std::nullopt);
}

TEST(DecodeOutgoing, TheBytesSaidWhichProtocolItIsElseTheNameDoes)
{
  outgoing_record record = good();
  const PeerNames names{ { "127.0.0.1:5432", "pgbouncer" } };
  EXPECT_EQ(decode(record, names)->peer.name, "pgbouncer");
  EXPECT_EQ(decode(record, names)->peer.protocol, "postgresql");

  record.peer.protocol = PEER_HTTP;
  EXPECT_EQ(decode(record, names)->peer.protocol, "http");
}

TEST(DecodeOutgoing, KnowsAUnixSocketByTheEndOfItsPath)
{
  outgoing_record record = good();
  record.target = *target_of("/var/run/redis/redis.sock", 0);
  const auto socket = decode(record);
  EXPECT_TRUE(socket->is_unix);
  EXPECT_EQ(socket->peer.address, "unix:…redis/redis.sock");
}

TEST(DecodeOutgoing, RefusesWhatCannotBe)
{
  const outgoing_record record = good();
  EXPECT_FALSE(decode_outgoing(std::as_bytes(std::span(&record, 1)).first(63), {}));

  outgoing_record file = good();
  file.target.target_kind = TARGET_FILE;
  EXPECT_FALSE(decode(file));

  outgoing_record caused = good();
  caused.peer.cause = 99;
  EXPECT_FALSE(decode(caused));

  outgoing_record late = good();
  late.transaction_ns = ~0ULL;
  EXPECT_FALSE(decode(late));
}

} // namespace
} // namespace linger::decode
