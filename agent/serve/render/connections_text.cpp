#include "serve/render/connections_text.h"

#include "serve/render/figures.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace linger::serve {
namespace {

/// "127.0.0.1:5432 (postgresql, TLS)", as sites name it; without a name, the protocol.
std::string peer_text(const v1::PeerConnections &peer)
{
  std::string more = peer.name().empty() ? peer.protocol() : peer.name();
  if (peer.tls())
    more += more.empty() ? "TLS" : ", TLS";
  return more.empty() ? peer.address() : fmt::format("{} ({})", peer.address(), more);
}

void add(v1::PeerConnections &sum, const v1::PeerConnections &more)
{
  sum.set_open(sum.open() + more.open());
  sum.set_in_use(sum.in_use() + more.in_use());
  sum.set_idle(sum.idle() + more.idle());
  sum.set_idle_in_transaction(sum.idle_in_transaction() + more.idle_in_transaction());
  sum.set_closed_by_peer(sum.closed_by_peer() + more.closed_by_peer());
  sum.set_opened(sum.opened() + more.opened());
  sum.set_closed(sum.closed() + more.closed());
  sum.set_longest_transaction_ns(
      std::max(sum.longest_transaction_ns(), more.longest_transaction_ns()));
  if (more.oldest_ns() > sum.oldest_ns()) {
    sum.set_oldest_ns(more.oldest_ns());
    sum.set_oldest_is_older(more.oldest_is_older());
  }
}

/// ">12.0 s" for what was there before.
std::string age_text(const v1::PeerConnections &peer)
{
  if (peer.open() == 0)
    return "-";
  return (peer.oldest_is_older() ? ">" : "") + duration_text(peer.oldest_ns());
}

std::vector<std::string> notes_of(const v1::PeerConnections &peer, std::uint64_t requests)
{
  std::vector<std::string> notes;
  if (peer.opened() > 0 && requests > 0)
    notes.push_back(fmt::format("{:.2f} opened a request, {} closed",
                                static_cast<double>(peer.opened()) / static_cast<double>(requests),
                                count_text(peer.closed())));
  if (peer.longest_transaction_ns() > 0)
    notes.push_back("longest transaction: " + duration_text(peer.longest_transaction_ns()));
  if (peer.closed_by_peer() > 0)
    notes.push_back(count_text(peer.closed_by_peer()) +
                    " closed by the peer, and not yet by the worker");
  return notes;
}

} // namespace

std::string connections_text(const google::protobuf::RepeatedPtrField<v1::Worker> &workers,
                             const TextOptions &options)
{
  std::map<std::string, v1::PeerConnections> by_peer;
  std::uint64_t requests = 0;
  for (const v1::Worker &worker : workers) {
    requests += worker.requests();
    for (const v1::PeerConnections &peer : worker.connections()) {
      const auto [known, is_new] = by_peer.try_emplace(peer.address(), peer);
      if (!is_new)
        add(known->second, peer);
    }
  }
  if (by_peer.empty())
    return {};
  std::vector<v1::PeerConnections> peers;
  for (const auto &[address, peer] : by_peer)
    peers.push_back(peer);
  std::ranges::stable_sort(peers, std::greater{},
                           [](const v1::PeerConnections &peer) { return peer.opened(); });

  constexpr auto right = Table::Align::right;
  Table table({ { "OPEN", right },
                { "IN USE", right },
                { "IDLE", right },
                { "IN TX", right },
                { "OLDEST", right },
                { "OPENED", right },
                { "CONNECTIONS TO" } });
  for (const v1::PeerConnections &peer : peers) {
    table.add({ .cells = { count_text(peer.open()), count_text(peer.in_use()),
                           count_text(peer.idle()), count_text(peer.idle_in_transaction()),
                           age_text(peer), count_text(peer.opened()), peer_text(peer) },
                .notes = notes_of(peer, requests) });
  }
  return table.text(4, options);
}

} // namespace linger::serve
