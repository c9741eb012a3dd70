// linger watch: a stream of workers, requests or findings.

#include "app/agent.h"
#include "app/attended.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/lasting_stream.h"
#include "app/commands/nodes.h"
#include "app/commands/running_agent.h"
#include "app/commands/watch_stream.h"
#include "app/duration.h"
#include "app/interrupts.h"
#include "serve/server.h"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linger::app {
namespace {

struct WatchArguments {
  WatchQuery query;
  domain::Nanos duration = domain::Nanos::max(); // until it is interrupted
  SourceArguments source;
  Format format = Format::text;
};

/// The longest --duration of a stream.
constexpr std::chrono::hours longest_watch{ 24 * 30 };

/// Streams until it is told to stop; what was printed may have failed meanwhile.
Result<> until_told(const std::function<Result<>(const std::stop_token &)> &streaming,
                    const WatchArguments &arguments, WatchOutput &output)
{
  const Interrupts interrupts;
  const Result<> streamed = attended(streaming, [&](domain::Nanos passed) {
    return passed < arguments.duration && !interrupts.seen();
  });
  const Result<> printed = output.result();
  return printed ? streamed : printed;
}

/// The stream of one agent, and of the one that comes after it.
Result<> stream_of(std::optional<serve::Client> agent, const AgentPlace &place,
                   WatchStream &&watched, const std::stop_token &stop)
{
  const Stream stream{ .follow =
                           [&](serve::Client &from, const std::stop_token &until) {
                             return watched.follow(from, until);
                           },
                       .how_it_goes_on = [&] { return watched.how_it_goes_on(); },
                       .tell = [&](const std::string &line) { watched.tell(line); } };
  return stream_lastingly(std::move(agent), place, stream, stop);
}

Result<> watch_agent(serve::Client agent, const WatchArguments &arguments, WatchOutput &output)
{
  const AgentPlace place{ .address = agent.address(), .tls = arguments.source.tls };
  return until_told(
      [&](const std::stop_token &stop) {
        return stream_of(std::move(agent), place, { arguments.query, { "", {} }, output }, stop);
      },
      arguments, output);
}

/// Each on a thread of its own; the first that fails for good ends them all.
Result<> watch_nodes(const WatchArguments &arguments, WatchOutput &output)
{
  const std::vector<std::string> &nodes = arguments.source.nodes;
  if (const Result<> meant = check_nodes(arguments.source); !meant)
    return meant;
  return until_told(
      [&](const std::stop_token &stop) {
        std::stop_source all;
        const std::stop_callback passing_on(stop, [&] { all.request_stop(); });
        std::vector<std::future<Result<>>> streams;
        for (const std::string &node : nodes)
          streams.push_back(std::async(std::launch::async, [&, node] {
            Result<> streamed =
                stream_of({}, { node, arguments.source.tls },
                          { arguments.query, { node, nodes }, output }, all.get_token());
            if (!streamed)
              all.request_stop();
            return streamed;
          }));
        Result<> result;
        for (std::future<Result<>> &stream : streams) {
          if (Result<> streamed = stream.get(); !streamed && result)
            result = std::move(streamed);
        }
        return result;
      },
      arguments, output);
}

/// Runs the probes in this process and talks to them like to any agent.
Result<> watch_here(const WatchArguments &arguments, WatchOutput &output)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  Result<std::unique_ptr<Agent>> agent = Agent::start(*config, arguments.query.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  Result<serve::Server> server = serve::Server::start({}, **agent);
  if (!server)
    return tl::unexpected(server.error());
  serve::Client client = server->client();
  return until_told(
      [&](const std::stop_token &stop) -> Result<> {
        const serve::StreamResult ended =
            WatchStream(arguments.query, { "", {} }, output).follow(client, stop);
        return ended ? Result<>{} : tl::unexpected<Error>(ended.error());
      },
      arguments, output);
}

Result<> watch(const WatchArguments &arguments, WatchOutput &output)
{
  if (!arguments.source.nodes.empty())
    return watch_nodes(arguments, output);
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return tl::unexpected(agent.error());
  return *agent ? watch_agent(std::move(**agent), arguments, output)
                : watch_here(arguments, output);
}

ExitStatus run_watch(const WatchArguments &arguments, Terminal &terminal)
{
  const WatchQuery &query = arguments.query;
  const bool filters =
      !query.endpoint.empty() || !query.cause.empty() || query.min_wall > domain::Nanos::zero();
  if (filters && query.what != "requests")
    return report_error(terminal, { .kind = Error::Kind::usage,
                                    .what = "--endpoint, --cause and --min-wall are for requests: "
                                            "linger watch requests" });
  WatchOutput output{ arguments.format, terminal };
  const Result<> watched = watch(arguments, output);
  return watched ? ExitStatus::done : report_error(terminal, watched.error());
}

constexpr const char *examples = R"(Examples:
  linger watch requests --pid 4711                        each request as it ends
  linger watch requests --cause database --min-wall 1s    those that wait long for a database
  linger watch findings --duration 10m --format json      what is found, a line each
  linger watch findings --node web-1:9465 --node web-2:9465 --tls-cert me.pem --tls-key me.key --tls-ca ca.pem
                                                          what is found on two hosts)";

} // namespace

void add_watch_command(CLI::App &parent, Command &chosen)
{
  CLI::App *watch = parent.add_subcommand("watch", "A stream, until Ctrl-C");
  watch->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<WatchArguments>();
  watch->add_option("what", arguments->query.what, "workers, requests or findings")
      ->required()
      ->check(CLI::IsMember({ "workers", "requests", "findings" }))
      ->option_text("workers|requests|findings");
  add_pid_option(*watch, arguments->query.tgids);
  watch
      ->add_option("--endpoint", arguments->query.endpoint,
                   "Only requests of this endpoint: \"GET /report/{}\"")
      ->type_name("NAME");
  watch
      ->add_option("--cause", arguments->query.cause,
                   "Only requests that spent more of their time on this than on anything else: "
                   "\"database\"")
      ->type_name("CAUSE");
  watch
      ->add_option_function<std::string>(
          "--min-wall",
          [arguments](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, longest_window);
            if (!parsed)
              throw CLI::ValidationError("--min-wall", parsed.error().what);
            arguments->query.min_wall = *parsed;
          },
          "Only requests that took at least so long")
      ->type_name("DURATION");
  add_duration_option(*watch, arguments->duration, longest_watch, "End by itself after so long");
  add_format_option(*watch, arguments->format);
  add_source_options(*watch, arguments->source);
  add_node_option(*watch, arguments->source);
  watch->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_watch(*arguments, terminal); };
  });
}

} // namespace linger::app
