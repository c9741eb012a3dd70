// Sends what the agent sees to an OpenTelemetry collector, as configured.

#pragma once

#include "app/agent.h"
#include "app/config.h"
#include "serve/otlp/exporter.h"

#include <functional>
#include <memory>
#include <thread>

namespace linger::app {

/// Logs when sending begins to fail, and when it works again. Thread-safe.
class Telemetry {
public:
  /// Nothing where the configuration names no collector. `more_metrics` is OtlpOptions'. Fails as
  /// OtlpExporter::start() does. `agent` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Telemetry>>
  start(const Config &config, Agent &agent, std::function<void(serve::MetricSink &)> more_metrics);

  [[nodiscard]] serve::OtlpCounts counts() const { return exporter_->counts(); }

private:
  Telemetry(const Config &config, Agent &agent, std::unique_ptr<serve::OtlpExporter> exporter);

  std::unique_ptr<serve::OtlpExporter> exporter_;
  std::jthread gathering_; // slow requests; not joinable where traces are not sent
};

} // namespace linger::app
