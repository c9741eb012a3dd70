#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/server_timeout.h"
#include "diagnose/worker_end.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::LostRequest;
using domain::Severity;

std::string remedy_for(const LostRequest *longest, const domain::Server &server)
{
  if (longest != nullptr)
    return shorter_request(longest->endpoint, longest->cause, longest->code, server);
  return "No request was open on it: look for what kept the worker itself busy (`linger watch "
         "workers`), and see whether the machine was short of CPU.";
}

} // namespace

std::vector<Finding> worker_timeout(const ServerLoad &load, const Thresholds &thresholds)
{
  const auto workers = ended(*load.server, Ending::timeout);
  if (workers.empty())
    return {};
  const domain::Server &server = load.server->server;
  const LostRequest *longest = longest_lost(workers);
  Finding finding = finding_of("worker-timeout", server.master_tgid, "");
  finding.severity =
      workers.size() >= thresholds.end_critical_workers ? Severity::critical : Severity::warning;
  finding.title = fmt::format("The master ended {} {} that took too long", workers.size(),
                              workers.size() == 1 ? "worker" : "workers");
  if (longest != nullptr && !longest->endpoint.empty())
    finding.title += ", serving " + longest->endpoint;
  finding.detail = fmt::format(
      "In {} the master {} sent {} to {} of its workers{}.", human_time(load.window),
      server.master_tgid, signal_name(workers.front()->end->signal), workers.size(),
      server.timeout_seconds == 0
          ? ""
          : fmt::format(", which had not shown themselves for {} s", server.timeout_seconds));
  tell_ends(finding, workers, load.window);
  finding.remedy = remedy_for(longest, server);
  if (server.timeout_seconds != 0)
    cite_time(finding, timeout_option(server.kind), std::chrono::seconds{ server.timeout_seconds });
  return { finding };
}

} // namespace linger::diagnose
