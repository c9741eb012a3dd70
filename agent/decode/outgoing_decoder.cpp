#include "decode/outgoing_decoder.h"

#include "decode/record.h"
#include "decode/target.h"

#include "wire/outgoing_record.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace linger::decode {
namespace {

std::string_view protocol_by_bytes(unsigned protocol)
{
  switch (protocol) {
    case PEER_POSTGRESQL:
      return "postgresql";
    case PEER_MYSQL:
      return "mysql";
    case PEER_REDIS:
      return "redis";
    case PEER_MEMCACHED:
      return "memcached";
    case PEER_HTTP:
      return "http";
    case PEER_DNS:
      return "dns";
    default:
      return "";
  }
}

/// Of a program whose bytes were not looked at because its name says what it is.
std::string_view protocol_by_name(std::string_view name)
{
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> spoken{ {
      { "postgresql", "postgresql" },
      { "pgbouncer", "postgresql" },
      { "mysql", "mysql" },
      { "mariadb", "mysql" },
      { "proxysql", "mysql" },
      { "mongodb", "mongodb" },
      { "redis", "redis" },
      { "valkey", "redis" },
      { "keydb", "redis" },
      { "memcached", "memcached" },
  } };
  const auto *found =
      std::ranges::find(spoken, name, &std::pair<std::string_view, std::string_view>::first);
  return found == spoken.end() ? std::string_view{} : found->second;
}

} // namespace

domain::Peer describe_peer(const wait_target &target, const peer &known, const PeerNames &names)
{
  domain::Peer peer;
  peer.address = describe(target, 0);
  if (const auto name = names.find(peer.address); name != names.end())
    peer.name = name->second;
  peer.protocol = protocol_by_bytes(known.protocol);
  if (peer.protocol.empty())
    peer.protocol = protocol_by_name(peer.name);
  peer.cause = cause_of(known.cause).value_or(domain::Cause::upstream);
  peer.tls = (known.flags & PEER_TLS) != 0;
  return peer;
}

Result<OutgoingSocket> decode_outgoing(std::span<const std::byte> bytes, const PeerNames &names)
{
  const auto record = read_record<outgoing_record>("outgoing_record", bytes);
  if (!record)
    return tl::unexpected(record.error());
  if (record->target.target_kind < TARGET_INET || record->target.target_kind > TARGET_UNIX)
    return malformed("outgoing_record",
                     "no peer of kind " + std::to_string(record->target.target_kind));
  if (!cause_of(record->peer.cause))
    return malformed("outgoing_record", "unknown cause " + std::to_string(record->peer.cause));
  if (record->transaction_ns > most_time_ns)
    return malformed("outgoing_record", "a time that cannot be");

  OutgoingSocket socket{ .tgid = record->tgid,
                         .socket = record->socket,
                         .port = record->port,
                         .inode = record->socket_inode,
                         .used = (record->flags & OUTGOING_USED) != 0,
                         .in_use = (record->flags & OUTGOING_IN_USE) != 0,
                         .closed_by_peer = (record->flags & OUTGOING_PEER_CLOSED) != 0,
                         .is_unix = record->target.target_kind == TARGET_UNIX,
                         .transaction_since = {},
                         .peer = describe_peer(record->target, record->peer, names) };
  if (record->transaction_ns != 0)
    socket.transaction_since = time_of(record->transaction_ns);
  return socket;
}

} // namespace linger::decode
