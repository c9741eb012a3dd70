// linger watch: a stream of workers, requests or findings.

#include "app/agent.h"
#include "app/attended.h"
#include "app/commands/command.h"
#include "app/commands/running_agent.h"
#include "app/interrupts.h"
#include "serve/render/json.h"
#include "serve/render/watch_text.h"
#include "serve/server.h"

#include <memory>

namespace linger::app {
namespace {

struct WatchArguments {
  std::string what;
  std::vector<std::uint32_t> tgids;
  domain::Nanos duration = domain::Nanos::max(); // until it is interrupted
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

Result<> watch(serve::Client &agent, const WatchArguments &arguments, Printer &printer,
               const std::stop_token &stop)
{
  if (arguments.what == "workers")
    return agent.watch_workers(request_for<v1::WatchWorkersRequest>(arguments.tgids),
                               printer.printing<v1::WatchWorkersResponse>(serve::worker_lines),
                               stop);
  if (arguments.what == "requests")
    return agent.watch_requests(request_for<v1::WatchRequestsRequest>(arguments.tgids),
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
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  const Result<> watched =
      *agent ? watch_until_told(**agent, arguments, terminal) : watch_here(arguments, terminal);
  return watched ? ExitStatus::done : report_error(terminal, watched.error());
}

constexpr const char *examples = R"(Examples:
  linger watch requests --pid 4711                        each request as it ends
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
  add_duration_option(*watch, arguments->duration, longest_watch, "End by itself after so long");
  add_format_option(*watch, arguments->format);
  add_source_options(*watch, arguments->source);
  watch->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_watch(*arguments, terminal); };
  });
}

} // namespace linger::app
