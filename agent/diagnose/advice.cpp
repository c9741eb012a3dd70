#include "diagnose/advice.h"

#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/sizing.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::diagnose {

using domain::Performance;
using domain::Prediction;
using domain::ServerKind;
using domain::WhatIf;
using domain::WorkerSetting;

const Prediction *advised_in(const std::optional<WhatIf> &what_if)
{
  if (!what_if)
    return nullptr;
  const auto advised = std::ranges::find_if(what_if->alternatives,
                                            [](const Prediction &one) { return one.advised; });
  return advised == what_if->alternatives.end() ? nullptr : &*advised;
}

std::string options_for(ServerKind kind, const WorkerSetting &setting)
{
  if (setting.threads == 0)
    return fmt::format("--worker-class gevent --workers {}", setting.workers);
  return options_for(kind, setting.workers, setting.threads == 1 ? 0 : setting.threads);
}

std::string sentences_on(const WhatIf &what_if, const Prediction &prediction)
{
  const Performance &now = what_if.measured;
  const Performance &then = prediction.performance;
  std::string text = fmt::format(
      "A replay of the latest {} requests on {:.3g} CPUs predicts {:.3g} requests a second "
      "(now {:.3g}), {} in the queue (p95, now {}) and {} in all (p50, now {}; p95 {}, now {}).",
      what_if.requests, what_if.cpus, then.requests_per_second, now.requests_per_second,
      human_time(then.queue_p95), human_time(now.queue_p95), human_time(then.wall_p50),
      human_time(now.wall_p50), human_time(then.wall_p95), human_time(now.wall_p95));
  if (what_if.closed)
    text += fmt::format(" It takes the load for that of {} clients that each wait for a response "
                        "before they send the next request.",
                        what_if.clients);
  else
    text += " It takes for granted that requests come as they came.";
  text += " What requests wait on is taken to be no slower when more wait on it at a time";
  if (prediction.resident_bytes > 0)
    text += fmt::format("; the workers would hold {}",
                        human_bytes(static_cast<double>(prediction.resident_bytes)));
  return text + ".";
}

void cite_prediction(domain::Finding &finding, const ServerLoad &load)
{
  const Prediction *advised = advised_in(load.server->what_if);
  if (advised == nullptr)
    return;
  const std::string with = options_for(load.server->server.kind, advised->setting);
  cite_count(finding, "throughput", load.server->what_if->measured.requests_per_second,
             "requests/s");
  cite_count(finding, "throughput predicted with " + with, advised->performance.requests_per_second,
             "requests/s");
  cite_time(finding, "wall time, p95, predicted with " + with, advised->performance.wall_p95);
  cite_time(finding, "queue, p95, predicted with " + with, advised->performance.queue_p95);
}

} // namespace linger::diagnose
