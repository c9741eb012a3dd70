#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/words.h"
#include "diagnose/worker_end.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Finding;
using domain::LostRequest;
using domain::ServerKind;
using domain::Severity;

std::string timeout_option(ServerKind kind)
{
  switch (kind) {
    case ServerKind::gunicorn:
      return "--timeout";
    case ServerKind::uwsgi:
      return "--harakiri";
    default:
      return "the server's timeout";
  }
}

std::string remedy_for(const LostRequest *longest, const domain::Server &server)
{
  const std::string option = timeout_option(server.kind);
  std::string text;
  if (longest == nullptr) {
    text = fmt::format("No request was open on it: look for what kept the worker itself busy "
                       "(`linger watch workers`), and see whether the machine was short of CPU.");
  } else if (longest->cause == Cause::on_cpu || longest->cause == Cause::run_queue) {
    text = fmt::format("{} is {}: make it cheaper, or move the work out of the request (a task "
                       "queue).",
                       longest->endpoint.empty() ? "The request" : longest->endpoint,
                       waiting_for(longest->cause));
  } else {
    text = fmt::format("Give what it waits for{} a timeout of its own that is shorter than {}, so "
                       "that the request fails with an error and the worker lives on.",
                       longest->code.empty() ? "" : " at " + longest->code, option);
  }
  if (server.kind == ServerKind::gunicorn && server.worker_class == "sync")
    text += " If requests may take that long, use --worker-class gthread: its workers show "
            "themselves while a request runs; a higher --timeout only lets them block longer.";
  return text;
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
