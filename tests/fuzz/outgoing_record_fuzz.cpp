// Records of sockets that are open to peers: what is accepted names a peer and can be calculated
// with.

#include "decode/outgoing_decoder.h"
#include "fuzz/property.h"

#include "wire/outgoing_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

void check(const Result<decode::OutgoingSocket> &socket)
{
  if (!socket) {
    must(socket.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    return;
  }
  must(!socket->peer.address.empty(), "a peer has an address");
  must(socket->is_unix == socket->peer.address.starts_with("unix"), "a path is a unix socket's");
  must(!socket->transaction_since ||
           socket->transaction_since->time_since_epoch() > domain::Nanos::zero(),
       "a transaction began at some time");
  must(socket->peer.name.empty() || socket->peer.address == "127.0.0.1:5432",
       "only a known address has a name");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const decode::PeerNames names{ { "127.0.0.1:5432", "postgresql" } };
  const auto raw = decode::decode_outgoing(bytes_of(text_of(data, size)), names);
  check(raw);
  must(!raw || size == sizeof(outgoing_record), "only a whole record is accepted");

  auto record = record_from<outgoing_record>(data, size);
  check(decode::decode_outgoing(bytes_of_record(record), names));
  record.target.target_kind = TARGET_INET + record.target.target_kind % 3;
  record.peer.cause %= CAUSE_COUNT;
  record.transaction_ns %= 1ULL << 61;
  const auto mended = decode::decode_outgoing(bytes_of_record(record), names);
  check(mended);
  must(mended.has_value(), "a record of a peer is accepted");
  return 0;
}
