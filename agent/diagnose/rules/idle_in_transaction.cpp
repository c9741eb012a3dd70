#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::PeerReport;
using domain::Severity;
using domain::WorkerReport;

/// Those whose requests end with a transaction open, the one with the most of them first.
std::vector<const EndpointReport *> leavers_in(const ServerLoad &load)
{
  std::vector<const EndpointReport *> leavers;
  std::ranges::copy_if(load.endpoints, std::back_inserter(leavers),
                       [](const auto *endpoint) { return endpoint->open_transactions > 0; });
  std::ranges::stable_sort(leavers, std::ranges::greater{}, &EndpointReport::open_transactions);
  return leavers;
}

std::uint64_t left_open(const std::vector<const EndpointReport *> &leavers)
{
  std::uint64_t sum = 0;
  for (const EndpointReport *endpoint : leavers)
    sum += endpoint->open_transactions;
  return sum;
}

Nanos longest_request(const std::vector<const EndpointReport *> &endpoints)
{
  std::uint64_t longest_ns = 0;
  for (const EndpointReport *endpoint : endpoints)
    longest_ns = std::max(longest_ns, endpoint->wall_ns.max());
  return Nanos{ static_cast<Nanos::rep>(longest_ns) };
}

/// A worker's connections to a database, one of which stayed in a transaction for `idle`.
struct Held {
  const WorkerReport *worker;
  const PeerReport *peer;
  Nanos idle;
};

/// How long a transaction of these connections was kept for nobody, at least; nothing when it
/// cannot be told from one that a request still needed.
Nanos kept_open(const PeerReport &peer, const WorkerReport &worker, Nanos longest_of_leavers,
                Nanos longest_of_all)
{
  // While a response is being streamed its connection is not in use by a request without a
  // response, and the transaction may be meant to last.
  const Nanos unused = peer.longest_idle_in_transaction > longest_of_leavers
                           ? peer.longest_idle_in_transaction
                           : Nanos::zero();
  // A worker that always has a request is never seen idle; but a transaction older than every
  // request has outlived the one that began it.
  const Nanos longest = std::max(longest_of_all, worker.open_request);
  const Nanos outlived =
      peer.longest_transaction > longest ? peer.longest_transaction - longest : Nanos::zero();
  return std::max(unused, outlived);
}

/// The longest first.
std::vector<Held> held_in(const ServerLoad &load,
                          const std::vector<const EndpointReport *> &leavers,
                          const Thresholds &thresholds)
{
  const Nanos longest_of_leavers = longest_request(leavers);
  const Nanos longest_of_all = longest_request(load.endpoints);
  std::vector<Held> held;
  for (const WorkerReport &worker : load.server->workers) {
    for (const PeerReport &peer : worker.connections) {
      const Nanos idle = kept_open(peer, worker, longest_of_leavers, longest_of_all);
      if (peer.peer.cause == Cause::database && idle >= Nanos{ thresholds.transaction_min_idle_ns })
        held.push_back({ &worker, &peer, idle });
    }
  }
  std::ranges::stable_sort(held, std::ranges::greater{}, &Held::idle);
  return held;
}

std::string safety_net(const domain::Peer &peer)
{
  if (peer.protocol == "postgresql")
    return " As a safety net, let PostgreSQL end such sessions: ALTER ROLE ... SET "
           "idle_in_transaction_session_timeout = '30s'.";
  if (peer.protocol == "mysql")
    return " As a safety net, let MySQL end such sessions: a lower wait_timeout, in MariaDB "
           "idle_transaction_timeout.";
  return "";
}

Finding finding_for(const std::vector<const EndpointReport *> &leavers,
                    const std::vector<Held> &held, const ServerLoad &load)
{
  const Held &longest = held.front();
  const EndpointReport &first = *leavers.front();
  const std::string name = domain::endpoint_name(first);
  Finding finding = finding_of("idle-in-transaction", load.server->server.master_tgid, "");
  finding.severity = Severity::warning;
  finding.title = fmt::format("{} leaves its database transaction open, for at least {} with no "
                              "request that uses it",
                              name, human_time(longest.idle));
  finding.detail = fmt::format(
      "{} of {} requests of {} ended with a transaction open. Worker {} then kept one open at {} "
      "for at least {} that no request used. Meanwhile the database keeps its locks, and the rows "
      "that it could clean up.",
      first.open_transactions, first.requests, name, longest.worker->tgid,
      longest.peer->peer.address, human_time(longest.idle));
  finding.remedy =
      fmt::format("End the transaction before the response, a read too: in what {} calls use "
                  "`with connection:` (psycopg2: commits, or rolls back on an exception) or "
                  "connection.autocommit = True; with SQLAlchemy session.commit() and, in a "
                  "teardown, session.close(). A pool must roll back what it takes back.{}",
                  name, safety_net(longest.peer->peer));
  for (const EndpointReport *endpoint : leavers) {
    finding.endpoints.push_back(domain::endpoint_name(*endpoint));
    cite_count(finding,
               fmt::format("left a transaction open: {}", domain::endpoint_name(*endpoint)),
               static_cast<double>(endpoint->open_transactions), "requests");
  }
  for (const Held &one : held) {
    if (std::ranges::find(finding.workers, one.worker->tgid) == finding.workers.end())
      finding.workers.push_back(one.worker->tgid);
    cite_time(finding,
              fmt::format("in a transaction for no request, worker {} at {}", one.worker->tgid,
                          one.peer->peer.address),
              one.idle);
  }
  return finding;
}

} // namespace

std::vector<Finding> idle_in_transaction(const ServerLoad &load, const Thresholds &thresholds)
{
  const std::vector<const EndpointReport *> leavers = leavers_in(load);
  if (leavers.empty() || left_open(leavers) < thresholds.transaction_min_requests)
    return {};
  const std::vector<Held> held = held_in(load, leavers, thresholds);
  if (held.empty())
    return {};
  return { finding_for(leavers, held, load) };
}

} // namespace linger::diagnose
