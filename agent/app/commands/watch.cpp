// linger watch: a stream of workers, requests or findings.

#include "app/agent.h"
#include "app/attended.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/running_agent.h"
#include "app/duration.h"
#include "app/interrupts.h"
#include "serve/render/json.h"
#include "serve/render/watch_text.h"
#include "serve/server.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace linger::app {
namespace {

struct WatchArguments {
  std::string what;
  std::vector<std::uint32_t> tgids;
  domain::Nanos duration = domain::Nanos::max(); // until it is interrupted
  // Which requests; all of them where nothing is said.
  std::string endpoint;
  std::string cause;
  domain::Nanos min_wall{};
  SourceArguments source;
  Format format = Format::text;
};

/// The longest --duration of a stream.
constexpr std::chrono::hours longest_watch{ 24 * 30 };

/// Prints the stream's messages; false once that fails.
class Printer {
public:
  Printer(Format format, Terminal &terminal) : format_(format), terminal_(terminal) {}

  template <typename Message>
  using ToText = std::string (*)(const Message &, const serve::TextOptions &);

  template <typename Message>
  [[nodiscard]] serve::MessageHandler<Message> printing(ToText<Message> to_text)
  {
    return [this, to_text](const Message &message) {
      result_ = print(message, to_text);
      return result_.has_value();
    };
  }

  [[nodiscard]] const Result<> &result() const { return result_; }

private:
  template <typename Message>
  [[nodiscard]] Result<> print(const Message &message, ToText<Message> to_text)
  {
    if (format_ == Format::text)
      return write_out(to_text(message, terminal_.text_options()), terminal_);
    const Result<std::string> json = serve::json_line(message);
    if (!json)
      return tl::unexpected(json.error());
    return write_out(*json + "\n", terminal_);
  }

  Format format_;
  Terminal &terminal_;
  Result<> result_;
};

template <typename Request>
Request request_for(const std::vector<std::uint32_t> &tgids)
{
  Request request;
  request.mutable_tgids()->Add(tgids.begin(), tgids.end());
  return request;
}

v1::WatchRequestsRequest requests_asked_for(const WatchArguments &arguments)
{
  auto request = request_for<v1::WatchRequestsRequest>(arguments.tgids);
  request.set_endpoint(arguments.endpoint);
  request.set_cause(arguments.cause);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(arguments.min_wall);
  request.mutable_min_wall()->set_seconds(seconds.count());
  request.mutable_min_wall()->set_nanos(
      static_cast<std::int32_t>((arguments.min_wall - seconds).count()));
  return request;
}

Result<> watch(serve::Client &agent, const WatchArguments &arguments, Printer &printer,
               const std::stop_token &stop)
{
  if (arguments.what == "workers")
    return agent.watch_workers(request_for<v1::WatchWorkersRequest>(arguments.tgids),
                               printer.printing<v1::WatchWorkersResponse>(serve::worker_lines),
                               stop);
  if (arguments.what == "requests")
    return agent.watch_requests(requests_asked_for(arguments),
                                printer.printing<v1::WatchRequestsResponse>(serve::request_line),
                                stop);
  return agent.watch_findings(request_for<v1::WatchFindingsRequest>(arguments.tgids),
                              printer.printing<v1::WatchFindingsResponse>(serve::finding_line),
                              stop);
}

Result<> watch_until_told(serve::Client &agent, const WatchArguments &arguments, Terminal &terminal)
{
  Printer printer{ arguments.format, terminal };
  const Interrupts interrupts;
  const Result<> watched = attended(
      [&](const std::stop_token &stop) { return watch(agent, arguments, printer, stop); },
      [&](domain::Nanos passed) { return passed < arguments.duration && !interrupts.seen(); });
  return printer.result() ? watched : printer.result();
}

/// Runs the probes in this process and talks to them like to any agent.
Result<> watch_here(const WatchArguments &arguments, Terminal &terminal)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  Result<std::unique_ptr<Agent>> agent = Agent::start(*config, arguments.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  Result<serve::Server> server = serve::Server::start({}, **agent);
  if (!server)
    return tl::unexpected(server.error());
  serve::Client client = server->client();
  return watch_until_told(client, arguments, terminal);
}

ExitStatus run_watch(const WatchArguments &arguments, Terminal &terminal)
{
  const bool filters = !arguments.endpoint.empty() || !arguments.cause.empty() ||
                       arguments.min_wall > domain::Nanos::zero();
  if (filters && arguments.what != "requests")
    return report_error(terminal, { .kind = Error::Kind::usage,
                                    .what = "--endpoint, --cause and --min-wall are for requests: "
                                            "linger watch requests" });
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  const Result<> watched =
      *agent ? watch_until_told(**agent, arguments, terminal) : watch_here(arguments, terminal);
  return watched ? ExitStatus::done : report_error(terminal, watched.error());
}

constexpr const char *examples = R"(Examples:
  linger watch requests --pid 4711                        each request as it ends
  linger watch requests --cause database --min-wall 1s    those that wait long for a database
  linger watch findings --duration 10m --format json      what is found, a line each)";

} // namespace

void add_watch_command(CLI::App &parent, Command &chosen)
{
  CLI::App *watch = parent.add_subcommand("watch", "A stream, until Ctrl-C");
  watch->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<WatchArguments>();
  watch->add_option("what", arguments->what, "workers, requests or findings")
      ->required()
      ->check(CLI::IsMember({ "workers", "requests", "findings" }))
      ->option_text("workers|requests|findings");
  add_pid_option(*watch, arguments->tgids);
  watch
      ->add_option("--endpoint", arguments->endpoint,
                   "Only requests of this endpoint: \"GET /report/{}\"")
      ->type_name("NAME");
  watch
      ->add_option("--cause", arguments->cause,
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
            arguments->min_wall = *parsed;
          },
          "Only requests that took at least so long")
      ->type_name("DURATION");
  add_duration_option(*watch, arguments->duration, longest_watch, "End by itself after so long");
  add_format_option(*watch, arguments->format);
  add_source_options(*watch, arguments->source);
  watch->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_watch(*arguments, terminal); };
  });
}

} // namespace linger::app
