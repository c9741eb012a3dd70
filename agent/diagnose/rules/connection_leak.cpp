#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::PeerReport;
using domain::Severity;
using domain::WorkerReport;

std::uint64_t more_than(std::uint64_t before, std::uint64_t after)
{
  return after - std::min(before, after);
}

/// One worker's connections to one peer, that grow.
struct Growing {
  const WorkerReport *worker;
  const PeerReport *peer;
  std::uint64_t grown;
};

std::uint64_t unused(const PeerReport &peer)
{
  return more_than(peer.in_use, peer.open);
}

bool leaks(const PeerReport &peer, const WorkerReport &worker, const ServerLoad &load,
           const Thresholds &thresholds)
{
  const std::uint64_t grown = more_than(peer.unused_first, unused(peer));
  // A pool that fills grows as well: at first, and to what is in use at once. Looks once a second
  // miss a part of that.
  const std::uint64_t early = more_than(peer.unused_first, peer.unused_middle);
  const std::uint64_t late = more_than(peer.unused_middle, unused(peer));
  const std::uint64_t useful =
      std::max<std::uint64_t>(load.threads_per_worker, 2 * peer.most_in_use);
  return grown >= thresholds.leak_min_connections &&
         more_than(useful, peer.open) >= thresholds.leak_min_connections && early >= grown / 4 &&
         late >= grown / 4 &&
         static_cast<double>(grown) >=
             thresholds.leak_min_ratio * static_cast<double>(worker.requests);
}

/// By the peer's address.
std::map<std::string, std::vector<Growing>> growing_in(const ServerLoad &load,
                                                       const Thresholds &thresholds)
{
  std::map<std::string, std::vector<Growing>> growing;
  for (const WorkerReport &worker : load.server->workers) {
    if (worker.state == domain::WorkerState::exited ||
        worker.requests < thresholds.leak_min_requests)
      continue;
    for (const PeerReport &peer : worker.connections) {
      if (leaks(peer, worker, load, thresholds))
        growing[peer.peer.address].push_back(
            { &worker, &peer, more_than(peer.unused_first, unused(peer)) });
    }
  }
  return growing;
}

/// "127.0.0.1:5432 (postgresql)".
std::string name_of(const domain::Peer &peer)
{
  return peer.name.empty() ? peer.address : fmt::format("{} ({})", peer.address, peer.name);
}

/// The endpoints that opened connections to such peers, the one with the most first.
std::vector<const EndpointReport *> openers_in(const ServerLoad &load, Cause cause)
{
  const auto opened = [cause](const EndpointReport *endpoint) {
    return endpoint->opened.of(cause);
  };
  std::vector<const EndpointReport *> openers;
  std::ranges::copy_if(load.endpoints, std::back_inserter(openers),
                       [&](const EndpointReport *endpoint) { return opened(endpoint) > 0; });
  std::ranges::stable_sort(openers, std::ranges::greater{}, opened);
  return openers;
}

/// Whether hardly anything but these connections was opened, so that whoever opens leaves open.
bool all_are_left(const std::vector<Growing> &growing)
{
  constexpr std::uint64_t hardly = 10;
  return std::ranges::all_of(growing, [](const Growing &one) {
    std::uint64_t other = one.peer->closed;
    for (const PeerReport &peer : one.worker->connections) {
      if (peer.peer.cause == one.peer->peer.cause && peer.peer.address != one.peer->peer.address)
        other += peer.opened;
    }
    return other < one.grown / hardly;
  });
}

void tell_openers(Finding &finding, const std::vector<Growing> &growing, const ServerLoad &load)
{
  const Cause cause = growing.front().peer->peer.cause;
  const std::vector<const EndpointReport *> openers = openers_in(load, cause);
  if (openers.empty())
    return;
  const bool known = openers.size() == 1 || all_are_left(growing);
  finding.detail += known ? " Opened by" : " Some of these connections were closed; opened by";
  for (const EndpointReport *endpoint : openers) {
    const std::string name = domain::endpoint_name(*endpoint);
    finding.detail +=
        fmt::format("{} {} ({} in {} requests)", endpoint == openers.front() ? "" : ",", name,
                    endpoint->opened.of(cause), endpoint->requests);
    cite_count(finding, fmt::format("opened by {}", name),
               static_cast<double>(endpoint->opened.of(cause)), "connections");
    if (known)
      finding.endpoints.push_back(name);
  }
  finding.detail += ".";
}

std::string remedy_for(const domain::Peer &peer)
{
  switch (peer.cause) {
    case Cause::database:
      return "Close what is opened, on every way out of the function: `with "
             "contextlib.closing(psycopg2.connect(...))` (psycopg2's own `with connection:` ends "
             "the transaction and does not close), engine.connect() in a `with`, session.close() "
             "in a teardown. Better take connections from one pool a process with a bound "
             "(SQLAlchemy: pool_size, max_overflow) and create the engine once, not in a request.";
    case Cause::cache:
      return "Create the client once a process and share it (redis.Redis keeps a pool of its own; "
             "one in each request keeps a pool in each), bound it with max_connections, and close "
             "what a request opens for itself.";
    default:
      return "Use one client a process (one requests.Session, one httpx.Client), or `with` around "
             "one that is made for a request; read or close each response, or its connection is "
             "not given back.";
  }
}

Finding finding_for(const std::vector<Growing> &growing, const ServerLoad &load)
{
  const auto most = std::ranges::max_element(growing, {}, &Growing::grown);
  const PeerReport &peer = *most->peer;
  const WorkerReport &worker = *most->worker;
  const double per_request =
      static_cast<double>(most->grown) / static_cast<double>(worker.requests);
  const std::string name = name_of(peer.peer);

  Finding finding = finding_of("connection-leak", load.server->server.master_tgid, "");
  finding.id += peer.peer.address;
  finding.severity = Severity::warning;
  finding.title = fmt::format("Connections to {} are opened and not closed: {} more in {}", name,
                              most->grown, human_time(load.window));
  finding.detail = fmt::format(
      "After {} requests worker {} has {} connections to {} open that no request uses, {} more "
      "than at first, {} of them in the later half of its requests. At most {} were seen in use at "
      "once. {} were "
      "opened meanwhile, and {} closed.",
      worker.requests, worker.tgid, unused(peer), name, most->grown,
      more_than(peer.unused_middle, unused(peer)), peer.most_in_use, peer.opened, peer.closed);
  if (peer.closed_by_peer > 0)
    finding.detail +=
        fmt::format(" Of {} the peer has closed its end already.", peer.closed_by_peer);
  finding.remedy = remedy_for(peer.peer);
  cite_count(finding, "connections left per request", per_request, "connections");
  for (const Growing &one : growing) {
    finding.workers.push_back(one.worker->tgid);
    cite_count(finding, fmt::format("more unused in worker {}", one.worker->tgid),
               static_cast<double>(one.grown), "connections");
    cite_count(finding, fmt::format("open in worker {}", one.worker->tgid),
               static_cast<double>(one.peer->open), "connections");
    cite_count(finding, fmt::format("most in use at once in worker {}", one.worker->tgid),
               static_cast<double>(one.peer->most_in_use), "connections");
  }
  tell_openers(finding, growing, load);
  return finding;
}

} // namespace

std::vector<Finding> connection_leak(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  for (const auto &[address, growing] : growing_in(load, thresholds))
    findings.push_back(finding_for(growing, load));
  return findings;
}

} // namespace linger::diagnose
