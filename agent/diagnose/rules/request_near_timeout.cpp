#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/server_timeout.h"
#include "diagnose/words.h"
#include "diagnose/worker_end.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

/// How long the longest request had a worker, at least: the time in the kernel's backlog does not
/// count for the server.
Nanos longest_in_worker(const EndpointReport &endpoint)
{
  const std::uint64_t wall_ns = endpoint.wall_ns.max();
  const std::uint64_t queue_ns = std::min(wall_ns, endpoint.accept_queue_ns.max());
  return Nanos{ static_cast<Nanos::rep>(wall_ns - queue_ns) };
}

/// The longest single wait, where there was one that explains a request so long.
const SiteReport *longest_wait(const EndpointReport &endpoint)
{
  const auto longest = std::ranges::max_element(endpoint.sites, {}, &SiteReport::max);
  return longest == endpoint.sites.end() ? nullptr : &*longest;
}

std::vector<const EndpointReport *> near_in(const ServerLoad &load, Nanos limit)
{
  std::vector<const EndpointReport *> near;
  for (const EndpointReport *endpoint : load.endpoints)
    if (longest_in_worker(*endpoint) >= limit)
      near.push_back(endpoint);
  std::ranges::stable_sort(near, std::ranges::greater{},
                           [](const EndpointReport *one) { return longest_in_worker(*one); });
  return near;
}

Finding finding_for(const std::vector<const EndpointReport *> &near, const ServerLoad &load,
                    Nanos timeout)
{
  const domain::Server &server = load.server->server;
  const EndpointReport &worst = *near.front();
  const std::string name = domain::endpoint_name(worst);
  const Nanos longest = longest_in_worker(worst);
  const std::string option = timeout_option(server.kind);
  // Half of it: what is left are many short waits, or the request computed.
  const SiteReport *wait = longest_wait(worst);
  if (wait != nullptr && 2 * wait->max < longest)
    wait = nullptr;
  Finding finding = finding_of("request-near-timeout", server.master_tgid, "");
  finding.severity = Severity::warning;
  finding.title = fmt::format("{} took {} of the {} that {} allows", name, human_time(longest),
                              human_time(timeout), option);
  finding.detail = fmt::format(
      "Of {} requests of {} the longest had its worker for {}. After {} ({}) the worker is ended, "
      "and the client gets no response.",
      worst.requests, name, human_time(longest), human_time(timeout), option);
  if (wait != nullptr)
    finding.detail +=
        fmt::format(" Its longest wait was {}: {}{}{}.", human_time(wait->max),
                    waiting_for(wait->cause), wait->code.empty() ? "" : ", at ", wait->code);
  const Cause cause = wait != nullptr ? wait->cause : Cause::on_cpu;
  finding.remedy =
      shorter_request(name, cause, wait != nullptr ? wait->code : std::string{}, server);
  for (const EndpointReport *endpoint : near) {
    finding.endpoints.push_back(domain::endpoint_name(*endpoint));
    cite_time(finding, fmt::format("longest request of {}", domain::endpoint_name(*endpoint)),
              longest_in_worker(*endpoint));
  }
  cite_time(finding, option, timeout);
  return finding;
}

} // namespace

std::vector<Finding> request_near_timeout(const ServerLoad &load, const Thresholds &thresholds)
{
  const std::optional<Nanos> timeout = request_timeout(load.server->server);
  // Where it has struck, worker-timeout says so.
  if (!timeout || !ended(*load.server, Ending::timeout).empty())
    return {};
  const Nanos limit{ static_cast<Nanos::rep>(thresholds.near_timeout_min_ratio *
                                             static_cast<double>(timeout->count())) };
  const std::vector<const EndpointReport *> near = near_in(load, limit);
  if (near.empty())
    return {};
  return { finding_for(near, load, *timeout) };
}

} // namespace linger::diagnose
