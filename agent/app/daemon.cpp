#include "app/daemon.h"

#include "app/agent.h"
#include "app/daemon_arguments.h"
#include "app/history_keeper.h"
#include "app/log.h"
#include "app/own_memory.h"
#include "app/service_manager.h"
#include "app/telemetry.h"
#include "app/version.h"
#include "serve/escape.h"
#include "serve/http_server.h"
#include "serve/server.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fmt/ranges.h>
#include <iostream>
#include <optional>
#include <spdlog/spdlog.h>

namespace linger::app {
namespace {

/// In the place of an address.
constexpr std::string_view no_http = "off";

/// Waits for the signals that end a daemon. Must exist before any other thread, so that none of
/// them takes the signals.
class EndSignals {
public:
  EndSignals()
  {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A log that nobody reads any more is no reason to end.
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// Whether one came within `timeout`.
  [[nodiscard]] bool came_within(std::chrono::milliseconds timeout) const
  {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timespec limit{ .tv_sec = seconds.count(),
                          .tv_nsec = domain::Nanos{ timeout - seconds }.count() };
    return ::sigtimedwait(&signals_, nullptr, &limit) > 0;
  }

private:
  sigset_t signals_{};
};

ExitStatus log_failure(const Error &error)
{
  spdlog::error(serve::printable(error.what));
  const ExitStatus status = exit_status_of(error.kind);
  if (status == ExitStatus::refused)
    spdlog::error("`linger doctor` says what this host and this user allow");
  return status;
}

Result<Config> configured(const DaemonArguments &arguments)
{
  Result<Config> config =
      arguments.config_path.empty() ? Result<Config>{} : read_config(arguments.config_path);
  if (config && !arguments.listen.empty())
    config->listen = arguments.listen;
  if (config && !arguments.http.empty())
    config->http = arguments.http;
  if (config && !arguments.history_path.empty())
    config->history.path = arguments.history_path;
  if (config && arguments.tls.given())
    config->tls = arguments.tls;
  if (config && arguments.escalate_to)
    config->escalation.to = *arguments.escalate_to;
  return config;
}

/// Nothing where HTTP is not served. The address that nobody asked for may be somebody else's.
Result<std::optional<serve::HttpServer>>
serve_http(const Config &config, Agent &agent,
           std::function<void(serve::MetricSink &)> more_metrics, bool allow_remote)
{
  if (config.http == no_http)
    return std::nullopt;
  Result<serve::HttpServer> server = serve::HttpServer::start(
      config.http.value_or(std::string{ serve::default_http_address }), agent,
      { .allow_remote = allow_remote,
        .max_endpoints = config.metrics_max_endpoints,
        .census_for_all = config.page_census,
        .more_metrics = std::move(more_metrics) });
  if (!server && config.http)
    return tl::unexpected(server.error());
  if (!server) {
    spdlog::warn("neither the page nor metrics are served: {}. --http gives them another address, "
                 "or \"off\"",
                 server.error().what);
    return std::nullopt;
  }
  spdlog::info("metrics at http://{}/metrics", server->address());
  if (server->has_page())
    spdlog::info("the page is at http://{}/", server->address());
  else
    spdlog::info("this build has no page");
  return std::optional{ std::move(*server) };
}

Result<> serve_until_told(const Config &config, const DaemonArguments &arguments,
                          const EndSignals &signals)
{
  Result<std::unique_ptr<Agent>> agent = Agent::start(config, {});
  if (!agent)
    return tl::unexpected(agent.error());
  std::unique_ptr<HistoryKeeper> keeper = HistoryKeeper::start(config, **agent);
  serve::History *history = keeper ? &keeper->history() : nullptr;
  Result<serve::Server> server = serve::Server::start(config.listen, **agent,
                                                      { .allow_remote = arguments.insecure_listen,
                                                        .tls = config.tls,
                                                        .operators = config.operators,
                                                        .history = history });
  if (!server)
    return tl::unexpected(server.error());
  spdlog::info("lingerd {} listens on {}", version, fmt::join(server->addresses(), ", "));

  const auto tell_history = [history](serve::MetricSink &sink) {
    if (history != nullptr)
      history->tell_metrics(sink);
  };
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::start(config, **agent, tell_history);
  if (!telemetry)
    return tl::unexpected(telemetry.error());
  Result<std::optional<serve::HttpServer>> http = serve_http(
      config, **agent,
      [tell_history, sender = telemetry->get()](serve::MetricSink &sink) {
        if (sender != nullptr)
          serve::tell_export_counts(sender->counts(), sink);
        tell_history(sink);
      },
      arguments.insecure_listen);
  if (!http)
    return tl::unexpected(http.error());

  tell_service_manager("READY=1");
  constexpr int turns_between_giving_back = 20;
  for (int turn = 1; !signals.came_within(std::chrono::milliseconds{ 500 }); ++turn) {
    if (turn % turns_between_giving_back == 0)
      give_back_memory();
    if (const std::optional<Error> error = (*agent)->failure_so_far())
      return tl::unexpected(*error);
  }
  spdlog::info("ending");
  tell_service_manager("STOPPING=1");
  http->reset();
  telemetry->reset();
  server->stop(); // first, so that callers are told that the agent ends, not that it failed
  return {};
}

} // namespace

ExitStatus run_lingerd(std::vector<std::string> arguments)
{
  const EndSignals signals;
  share_heaps();
  DaemonArguments daemon;
  const std::unique_ptr<CLI::App> parser = lingerd_parser(daemon);

  // CLI11 takes them back to front, and throws; no exception crosses our functions.
  std::ranges::reverse(arguments);
  try {
    parser->parse(std::move(arguments));
  } catch (const CLI::ParseError &error) {
    const bool asked_for = parser->exit(error, std::cout, std::cerr) == 0; // --help, --version
    return asked_for ? ExitStatus::done : ExitStatus::usage;
  }

  log_to_standard_error();
  const Result<Config> config = configured(daemon);
  if (!config)
    return log_failure(config.error());
  if (const Result<> served = serve_until_told(*config, daemon, signals); !served)
    return log_failure(served.error());
  return ExitStatus::done;
}

} // namespace linger::app
