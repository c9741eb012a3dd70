#include "diagnose/advice.h"
#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/sizing.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Finding;
using domain::Nanos;
using domain::Severity;

/// What the replay of the recorded load advises, and what else would do.
std::string predicted_remedy(const ServerLoad &load, const domain::Prediction &advised)
{
  const domain::WhatIf &what_if = *load.server->what_if;
  const domain::ServerKind kind = load.server->server.kind;
  const bool more_threads = advised.setting.threads > load.threads_per_worker;
  std::string text =
      fmt::format("Start it with {}{}. {}", options_for(kind, advised.setting),
                  more_threads ? ", provided that the application is thread-safe" : "",
                  sentences_on(what_if, advised));
  for (const domain::Prediction &other : what_if.alternatives) {
    if (more_threads && other.setting.threads == load.threads_per_worker)
      text += fmt::format(" Without threads {} would do, at the price of {}, and answer {:.3g} "
                          "requests a second.",
                          options_for(kind, other.setting),
                          other.resident_bytes == 0
                              ? std::string{ "their memory" }
                              : human_bytes(static_cast<double>(other.resident_bytes)),
                          other.performance.requests_per_second);
  }
  return text +
         " Shortening what the requests wait on (see blocking-io-in-request) helps more than "
         "either.";
}

std::string remedy_for(const ServerLoad &load, const Thresholds &thresholds)
{
  if (const domain::Prediction *advised = advised_in(load.server->what_if))
    return predicted_remedy(load, *advised);
  const domain::ServerKind kind = load.server->server.kind;
  const std::uint32_t needed = needed_threads(load, thresholds);
  const std::string now = fmt::format(
      "The server has {} workers with {} {} ({} requests at a time) and would need "
      "about {}: {:.1f} busy on average, divided by {:.1f}.",
      load.workers, load.threads_per_worker, load.threads_per_worker == 1 ? "thread" : "threads",
      load.threads(), needed, load.busy_threads, thresholds.saturated_target_utilization_ratio);
  std::string change;
  if (load.blocked_ratio() >= 0.5) {
    change = fmt::format("Threads are cheap for requests that mostly wait: start it with "
                         "{}, provided that the "
                         "application is thread-safe; else {} at the price of their memory.",
                         options_for(kind, load.workers, divided_up(needed, load.workers)),
                         options_for(kind, divided_up(needed, load.threads_per_worker), 0));
  } else {
    change = fmt::format(
        "Its requests wait mostly inside the process, for locks and the like, where "
        "more threads would wait too: start it with {}{}.",
        options_for(kind, divided_up(needed, load.threads_per_worker), 0),
        load.threads_per_worker == 1 ? "" : fmt::format(" --threads {}", load.threads_per_worker));
  }
  return now + " " + change +
         " Measure again afterwards: a full server also hides the load that it turned away. "
         "Shortening what the requests wait on (see blocking-io-in-request) helps more than "
         "either.";
}

} // namespace

std::vector<Finding> workers_saturated(const ServerLoad &load, const Thresholds &thresholds)
{
  if (!is_saturated(load, thresholds))
    return {};
  const Nanos queue_p50{ static_cast<Nanos::rep>(load.accept_queue_ns.quantile(0.5)) };
  const Nanos queue_p90{ static_cast<Nanos::rep>(load.accept_queue_ns.quantile(0.9)) };
  const bool full = load.utilization() >= thresholds.saturated_min_utilization_ratio;
  const Nanos queued = queue_time(load.times) / static_cast<Nanos::rep>(load.requests);
  const bool queues = queue_p90.count() >= thresholds.saturated_min_accept_queue_p90_ns ||
                      waits_for_threads(load, thresholds);

  Finding finding = finding_of("workers-saturated", load.server->server.master_tgid, "");
  finding.severity = full && queues ? Severity::critical : Severity::warning;
  finding.title = full ? fmt::format("All {} workers are busy {} of the time, mostly waiting",
                                     load.workers, human_share(load.utilization()))
                       : fmt::format("Requests wait {} each for a thread, and then use little CPU",
                                     human_time(queued));
  finding.detail = fmt::format(
      "{} requests in {} kept {:.1f} of {} request threads busy on average. In a worker they spent "
      "{} of their time waiting for something outside the process and {} computing or waiting for "
      "a "
      "CPU. One connection in ten waited more than {} until a worker accepted it.",
      load.requests, human_time(load.window), load.busy_threads, load.threads(),
      human_share(load.blocked_ratio()), human_share(load.cpu_ratio()), human_time(queue_p90));
  finding.remedy = remedy_for(load, thresholds);
  finding.effect.request_seconds_per_second = ratio_of(queue_time(load.times), load.window);
  cite_share(finding, "utilization of the workers", load.utilization());
  cite_count(finding, "request threads busy, mean", load.busy_threads, "threads");
  cite_count(finding, "request threads", load.threads(), "threads");
  cite_time(finding, "queue, mean", queued);
  tell_turned_away(finding, load, thresholds);
  cite_time(finding, "accept queue, p50", queue_p50);
  cite_time(finding, "accept queue, p90", queue_p90);
  cite_share(finding, "blocked part of the time in a worker", load.blocked_ratio());
  cite_share(finding, "CPU part of the time in a worker", load.cpu_ratio());
  cite_prediction(finding, load);
  return { finding };
}

} // namespace linger::diagnose
