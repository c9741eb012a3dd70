#include "app/daemon_arguments.h"

#include "app/commands/arguments.h"
#include "app/version.h"
#include "serve/http_server.h"

#include <CLI/Validators.hpp>

namespace linger::app {
namespace {

constexpr const char *description = "Watches this host's Python web servers and answers `linger`.";

constexpr const char *examples = R"(Examples:
  lingerd                                         answer linger on this host
  lingerd --listen 127.0.0.1:9465 --http off      on a port, without metrics
  lingerd --listen 0.0.0.0:9465 --tls-cert agent.pem --tls-key agent.key --tls-ca ca.pem
  lingerd --config /etc/linger/linger.toml --escalate census

Exit status: 0 told to end; 2 wrong usage; 3 not permitted or not supported here; 5 internal.)";

} // namespace

std::unique_ptr<CLI::App> lingerd_parser(DaemonArguments &arguments)
{
  auto parser = std::make_unique<CLI::App>(description, "lingerd");
  CLI::App &app = *parser;
  app.footer(examples);
  app.set_version_flag("--version", "lingerd " + std::string{ version });
  app.add_option("--listen", arguments.listen,
                 "unix:///PATH or HOST:PORT; may be given several times (default " +
                     std::string{ default_address } + ")")
      ->type_name("ADDRESS")
      ->expected(1)
      ->take_all();
  app.add_option("--http", arguments.http,
                 "HOST:PORT of the page and of the metrics at /metrics, or \"off\" (default " +
                     std::string{ serve::default_http_address } + ")")
      ->type_name("ADDRESS");
  app.add_flag(
      "--insecure-listen", arguments.insecure_listen,
      "Allow addresses that other hosts can reach without TLS: nothing is encrypted, nobody "
      "is asked who they are");
  add_tls_options(app, arguments.tls, "For HOST:PORT of --listen");
  app.add_option_function<std::string>(
         "--escalate",
         [&arguments](const std::string &name) { arguments.escalate_to = escalation_named(name); },
         "How far to go by itself where an endpoint is seen to keep memory: growth, no further "
         "(default); census, look into the heap of the worker that grew most; allocations, then "
         "trace its allocations where the heap does not explain it")
      ->check(CLI::IsMember({ "growth", "census", "allocations" }))
      ->option_text("growth|census|allocations");
  app.add_option("--history", arguments.history_path,
                 "The file that the history is kept in, for `linger diagnose --since`, or \"off\" "
                 "(default " +
                     HistoryConfig{}.path + ")")
      ->check([](const std::string &path) {
        return is_history_path(path) ? std::string{}
                                     : "must be a path from the root on, or \"off\"";
      })
      ->option_text("FILE");
  app.add_option("--config", arguments.config_path, "A TOML file, see linger.toml(5)")
      ->type_name("FILE");
  return parser;
}

} // namespace linger::app
