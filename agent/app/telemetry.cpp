#include "app/telemetry.h"

#include "app/version.h"
#include "domain/slow_requests.h"
#include "serve/escape.h"

#include <array>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace linger::app {
namespace {

std::string host_name()
{
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void gather(const Config &config, Agent &agent, serve::OtlpExporter &exporter,
            const std::stop_token &stop)
{
  // They were checked when the agent was started.
  const Result<domain::RouteTable> routes =
      domain::RouteTable::with_patterns(config.route_patterns);
  domain::SlowRequests slow{ routes.value_or(domain::RouteTable{}), config.otlp.slow_request,
                             [&](domain::SlowRequest request) {
                               exporter.offer(std::move(request));
                             } };
  const Result<> ended = agent.record_while(
      { .window = domain::Nanos::max() }, [&](domain::Nanos) { return !stop.stop_requested(); },
      [&](const domain::Observation &observation) { slow.add(observation); });
  if (!ended && !stop.stop_requested())
    spdlog::warn("slow requests are not traced any more: {}", serve::printable(ended.error().what));
}

} // namespace

Result<std::unique_ptr<Telemetry>>
Telemetry::start(const Config &config, Agent &agent,
                 std::function<void(serve::MetricSink &)> more_metrics)
{
  if (config.otlp.endpoint.empty())
    return nullptr;
  Result<std::unique_ptr<serve::OtlpExporter>> exporter = serve::OtlpExporter::start(
      { .endpoint = config.otlp.endpoint,
        .insecure = config.otlp.insecure,
        .tls_ca = config.otlp.tls_ca,
        .metrics = config.otlp.metrics,
        .traces = config.otlp.traces,
        .interval = config.otlp.interval,
        .max_endpoints = config.metrics_max_endpoints,
        .sender = { .version = std::string{ version }, .host_name = host_name() },
        .more_metrics = std::move(more_metrics),
        .warn = [](const std::string &what) { spdlog::warn(what); } },
      agent);
  if (!exporter)
    return tl::unexpected(exporter.error());
  spdlog::info("sends to the collector {}", serve::printable(config.otlp.endpoint));
  return std::unique_ptr<Telemetry>{ new Telemetry(config, agent, std::move(*exporter)) };
}

Telemetry::Telemetry(const Config &config, Agent &agent,
                     std::unique_ptr<serve::OtlpExporter> exporter)
    : exporter_(std::move(exporter))
{
  if (config.otlp.traces)
    gathering_ = std::jthread{ [&config, &agent, this](const std::stop_token &stop) {
      gather(config, agent, *exporter_, stop);
    } };
}

} // namespace linger::app
