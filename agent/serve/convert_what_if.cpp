#include "serve/convert_what_if.h"

#include "serve/convert.h"
#include "serve/escape.h"

namespace linger::serve {
namespace {

v1::Performance performance_of(const domain::Performance &performance)
{
  v1::Performance message;
  message.set_requests_per_second(performance.requests_per_second);
  message.set_queue_mean_ns(to_ns(performance.queue_mean));
  message.set_queue_p95_ns(to_ns(performance.queue_p95));
  message.set_wall_p50_ns(to_ns(performance.wall_p50));
  message.set_wall_p95_ns(to_ns(performance.wall_p95));
  return message;
}

v1::Prediction prediction_of(const domain::Prediction &prediction)
{
  v1::Prediction message;
  message.set_worker_class(valid_utf8(prediction.setting.worker_class));
  message.set_workers(prediction.setting.workers);
  message.set_threads(prediction.setting.threads);
  *message.mutable_performance() = performance_of(prediction.performance);
  message.set_resident_bytes(prediction.resident_bytes);
  message.set_advised(prediction.advised);
  return message;
}

} // namespace

v1::WhatIf to_proto(const domain::WhatIf &what_if)
{
  v1::WhatIf message;
  message.set_closed(what_if.closed);
  message.set_clients(what_if.clients);
  message.set_think_ns(to_ns(what_if.think));
  message.set_requests(what_if.requests);
  message.set_cpus(what_if.cpus);
  *message.mutable_measured() = performance_of(what_if.measured);
  *message.mutable_present() = prediction_of(what_if.present);
  for (const domain::Prediction &alternative : what_if.alternatives)
    *message.add_alternatives() = prediction_of(alternative);
  return message;
}

} // namespace linger::serve
