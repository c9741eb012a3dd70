#include "app/daemon.h"

#include "app/agent.h"
#include "app/log.h"
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

struct DaemonArguments {
  std::vector<std::string> listen;
  std::string http;
  std::string config_path;
  std::optional<domain::MemoryTier> escalate_to;
  bool insecure_listen = false;
};

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
  if (config && arguments.escalate_to)
    config->escalation.to = *arguments.escalate_to;
  return config;
}

/// Nothing where HTTP is not served. The address that nobody asked for may be somebody else's.
Result<std::optional<serve::HttpServer>> serve_http(const Config &config, Agent &agent,
                                                    bool allow_remote)
{
  if (config.http == no_http)
    return std::nullopt;
  Result<serve::HttpServer> server = serve::HttpServer::start(
      config.http.value_or(std::string{ serve::default_http_address }), agent,
      { .allow_remote = allow_remote,
        .max_endpoints = config.metrics_max_endpoints,
        .findings_window = config.metrics_findings_window });
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
  Result<serve::Server> server =
      serve::Server::start(config.listen, **agent, { .allow_remote = arguments.insecure_listen });
  if (!server)
    return tl::unexpected(server.error());
  spdlog::info("lingerd {} listens on {}", version, fmt::join(server->addresses(), ", "));

  Result<std::optional<serve::HttpServer>> http =
      serve_http(config, **agent, arguments.insecure_listen);
  if (!http)
    return tl::unexpected(http.error());

  while (!signals.came_within(std::chrono::milliseconds{ 500 })) {
    if (const std::optional<Error> error = (*agent)->failure_so_far())
      return tl::unexpected(*error);
  }
  spdlog::info("ending");
  http->reset();
  server->stop(); // first, so that callers are told that the agent ends, not that it failed
  return {};
}

} // namespace

ExitStatus run_lingerd(std::vector<std::string> arguments)
{
  const EndSignals signals;
  CLI::App app{ "Watches this host's Python web servers and answers `linger`.", "lingerd" };
  app.set_version_flag("--version", "lingerd " + std::string{ version });
  DaemonArguments daemon;
  app.add_option("--listen", daemon.listen,
                 "unix:///PATH or HOST:PORT; may be given several times (default " +
                     std::string{ default_address } + ")")
      ->type_name("ADDRESS")
      ->expected(1)
      ->take_all();
  app.add_option("--http", daemon.http,
                 "HOST:PORT of the page and of the metrics at /metrics, or \"off\" (default " +
                     std::string{ serve::default_http_address } + ")")
      ->type_name("ADDRESS");
  app.add_flag("--insecure-listen", daemon.insecure_listen,
               "Allow addresses that other hosts can reach: nothing is encrypted, nobody is asked "
               "who they are");
  app.add_option_function<std::string>(
         "--escalate",
         [&daemon](const std::string &name) { daemon.escalate_to = escalation_named(name); },
         "How far to go by itself where an endpoint is seen to keep memory: growth, no further "
         "(default); census, look into the heap of the worker that grew most; allocations, then "
         "trace its allocations where the heap does not explain it")
      ->check(CLI::IsMember({ "growth", "census", "allocations" }))
      ->option_text("growth|census|allocations");
  app.add_option("--config", daemon.config_path, "A TOML file, see docs/configuration.md")
      ->type_name("FILE");

  // CLI11 takes them back to front, and throws; no exception crosses our functions.
  std::ranges::reverse(arguments);
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError &error) {
    const bool asked_for = app.exit(error, std::cout, std::cerr) == 0; // --help, --version
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
