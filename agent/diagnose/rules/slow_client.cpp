#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <fmt/format.h>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;

bool reads(const EndpointReport &endpoint)
{
  return endpoint.times[Cause::client_read] >= endpoint.times[Cause::client_write];
}

/// All its clients are on this host: a proxy, then.
bool is_proxied(const EndpointReport &endpoint)
{
  return endpoint.local_clients == endpoint.requests;
}

std::string remedy_for(const EndpointReport &endpoint, const domain::Server &server)
{
  const std::string buffering =
      reads(endpoint)
          ? "takes the whole request before it passes it on (nginx: proxy_request_buffering on, "
            "its "
            "default)"
          : "takes the whole response at once (nginx: proxy_buffering on, its default, with "
            "proxy_buffers that hold it)";
  std::string remedy =
      is_proxied(endpoint)
          ? fmt::format("The requests come from this host, so there may be a proxy in front that "
                        "does not buffer: have it so that it {}.",
                        buffering)
          : fmt::format("Put a proxy in front that {}; these clients reach the workers directly.",
                        buffering);
  remedy += reads(endpoint)
                ? " Large uploads can go to object storage directly."
                : " Large files are sent with X-Accel-Redirect instead of through Python.";
  if (server.kind == domain::ServerKind::gunicorn && server.worker_class == "sync")
    remedy += " Without a proxy, a sync worker is for one client at a time: --worker-class gthread "
              "--threads N, or gevent, keeps the others moving.";
  return remedy;
}

Finding finding_for(const EndpointReport &endpoint, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(endpoint.requests);
  const Nanos waiting = client_time(endpoint);
  const double share = ratio_of(waiting, service_time(endpoint.times));
  const double share_of_server = ratio_of(waiting, load.capacity());
  const std::string name = domain::endpoint_name(endpoint);
  Finding finding = finding_of("slow-client", load.server->server.master_tgid, name);
  finding.severity = share_of_server < thresholds.client_minor_ratio ? Severity::info
                     : is_saturated(load, thresholds)                ? Severity::critical
                                                                     : Severity::warning;
  finding.title = fmt::format("{} waits {} a request for its clients to {}", name,
                              human_time(waiting / requests),
                              reads(endpoint) ? "send the request" : "take the response");
  finding.detail = fmt::format(
      "{} requests held a worker for {} each on average, {} of that waiting for the client's "
      "network. Together they took {} of worker time in {}, {} of what the server has.",
      endpoint.requests, human_time(service_time(endpoint.times) / requests),
      human_time(waiting / requests), human_time(waiting), human_time(load.window),
      human_share(share_of_server));
  finding.remedy = remedy_for(endpoint, load.server->server);
  cite_count(finding, "requests", static_cast<double>(endpoint.requests), "requests");
  cite_time(finding, "client_read per request, mean",
            endpoint.times[Cause::client_read] / requests);
  cite_time(finding, "client_write per request, mean",
            endpoint.times[Cause::client_write] / requests);
  cite_share(finding, "part of the time in a worker", share);
  cite_share(finding, "part of the server's worker time", share_of_server);
  finding.effect.request_seconds_per_second = ratio_of(waiting, load.window);
  cite_count(finding, "from clients on this host", static_cast<double>(endpoint.local_clients),
             "requests");
  return finding;
}

} // namespace

std::vector<Finding> slow_client(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  // There a client that takes its time holds no worker.
  if (domain::runs_event_loops(load.server->server))
    return findings;
  for (const EndpointReport *endpoint : load.endpoints) {
    if (waits_for_clients(*endpoint, thresholds))
      findings.push_back(finding_for(*endpoint, load, thresholds));
  }
  return findings;
}

} // namespace linger::diagnose
