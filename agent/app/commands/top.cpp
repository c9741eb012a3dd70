// linger top: what goes on now, on the whole screen.

#include "app/agent.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/nodes.h"
#include "app/commands/running_agent.h"
#include "app/curses.h"
#include "app/duration.h"
#include "app/interrupts.h"
#include "serve/convert.h"
#include "serve/escape.h"
#include "serve/top/screen.h"

#include <fmt/format.h>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

struct TopArguments {
  std::vector<std::uint32_t> tgids;
  domain::Nanos interval = 2s;
  SourceArguments source;
};

/// Everything since the start, each time it is asked.
using Look = std::function<Result<v1::Report>(const std::stop_token &stop)>;

/// One agent, asked on another thread: one that does not answer must not keep the keys waiting, nor
/// the other agents.
class Watched {
public:
  Watched(Look look, domain::Nanos interval) : look_(std::move(look)), interval_(interval) {}

  void begin_look()
  {
    looked_ = Clock::now();
    looking_ = std::async(std::launch::async, [this] { return look_(stop_.get_token()); });
  }

  /// Takes up what it says, and asks again when it is time. Whether there was something new.
  [[nodiscard]] bool take_up(serve::TopNode &node, bool paused)
  {
    bool is_new = false;
    if (looking_.valid() && looking_.wait_for(0s) == std::future_status::ready)
      is_new = take_up(node, looking_.get());
    if (!looking_.valid() && !paused && Clock::now() - looked_ >= interval_)
      begin_look();
    return is_new;
  }

  void stop() { stop_.request_stop(); }

private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] static bool take_up(serve::TopNode &node, Result<v1::Report> seen)
  {
    if (!seen) {
      node.trouble = seen.error().what;
      node.rates = {}; // of a time that is over
      return false;
    }
    node.trouble.clear();
    node.rates = serve::rates_between(node.report, *seen);
    // The first one tells of all the time since the start: no interval of this screen's.
    const bool is_interval = node.report.has_window() && node.rates.seconds > 0;
    node.report = std::move(*seen);
    return is_interval;
  }

  Look look_;
  domain::Nanos interval_;
  Clock::time_point looked_;
  std::stop_source stop_;
  std::future<Result<v1::Report>> looking_;
};

/// What to ask, and its name where there are several.
struct Source {
  std::string name;
  Look look;
};

class Top {
public:
  Top(std::vector<Source> sources, domain::Nanos interval, Curses &screen) : screen_(screen)
  {
    for (Source &source : sources) {
      state_.nodes.push_back({ .name = std::move(source.name) });
      watched_.push_back(std::make_unique<Watched>(std::move(source.look), interval));
    }
  }

  void run()
  {
    const Interrupts interrupts;
    for (const auto &watched : watched_)
      watched->begin_look();
    while (!view_.over && !interrupts.seen()) {
      take_up_looks();
      screen_.draw(serve::top_screen(state_, view_, screen_.width(), screen_.height()));
      constexpr std::chrono::milliseconds attention_interval{ 100 };
      if (const auto key = screen_.key(attention_interval))
        view_.press(*key, serve::top_rows(state_, view_));
    }
    for (const auto &watched : watched_)
      watched->stop();
  }

private:
  void take_up_looks()
  {
    bool is_new = false;
    for (std::size_t i = 0; i < watched_.size(); ++i)
      is_new |= watched_[i]->take_up(state_.nodes[i], view_.paused) && i == 0;
    if (is_new)
      remember();
  }

  /// Once for each look at the first node.
  void remember()
  {
    constexpr std::size_t most_remembered = 20;
    double requests_per_second = 0;
    for (const serve::TopNode &node : state_.nodes) {
      for (const serve::Rate &rate : node.rates.servers)
        requests_per_second +=
            node.rates.seconds > 0 ? static_cast<double>(rate.requests) / node.rates.seconds : 0;
    }
    state_.history.push_back(requests_per_second);
    if (state_.history.size() > most_remembered)
      state_.history.pop_front();
  }

  Curses &screen_;
  serve::TopState state_;
  serve::TopView view_;
  std::vector<std::unique_ptr<Watched>> watched_; // as the nodes
};

Result<> show(std::vector<Source> sources, const TopArguments &arguments, const Terminal &terminal)
{
  const auto screen = Curses::open(terminal.color);
  if (!screen)
    return tl::unexpected(screen.error());
  Top(std::move(sources), arguments.interval, **screen).run();
  return {};
}

Result<> show_agent(serve::Client &agent, const TopArguments &arguments, const Terminal &terminal)
{
  return show({ { .name = "",
                  .look =
                      [&](const std::stop_token &stop) {
                        return agent.get_report(
                            { .window = {}, .tgids = arguments.tgids, .live = true }, stop);
                      } } },
              arguments, terminal);
}

/// Connects when it is first asked, and anew after a failure: an agent may come back.
Look look_at(const std::string &address, const serve::TlsFiles &tls)
{
  const auto client = std::make_shared<std::optional<serve::Client>>(); // the function is copied
  return [client, address, tls](const std::stop_token &stop) -> Result<v1::Report> {
    if (!*client) {
      Result<serve::Client> connected = connect_to(address, tls);
      if (!connected)
        return tl::unexpected(connected.error());
      *client = std::move(*connected);
    }
    Result<v1::Report> report =
        (*client)->get_report({ .window = {}, .tgids = {}, .live = true }, stop);
    if (!report)
      client->reset();
    return report;
  };
}

Result<> show_nodes(const TopArguments &arguments, const Terminal &terminal)
{
  if (const Result<> meant = check_nodes(arguments.source); !meant)
    return tl::unexpected(meant.error());
  std::vector<Source> sources;
  for (const std::string &address : arguments.source.nodes)
    sources.push_back(
        { .name = serve::printable(address), .look = look_at(address, arguments.source.tls) });
  return show(std::move(sources), arguments, terminal);
}

Result<> show_own(const TopArguments &arguments, const Terminal &terminal)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  const auto agent = Agent::start(*config, arguments.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  return show({ { .name = "",
                  .look = [&](const std::stop_token &) -> Result<v1::Report> {
                    const Result<domain::Report> report = (*agent)->live_report(arguments.tgids);
                    if (!report)
                      return tl::unexpected(report.error());
                    return serve::to_proto(*report);
                  } } },
              arguments, terminal);
}

ExitStatus run_top(const TopArguments &arguments, Terminal &terminal)
{
  if (!arguments.source.nodes.empty()) {
    const Result<> shown = show_nodes(arguments, terminal);
    return shown ? ExitStatus::done : report_error(terminal, shown.error());
  }
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  const Result<> shown =
      *agent ? show_agent(**agent, arguments, terminal) : show_own(arguments, terminal);
  return shown ? ExitStatus::done : report_error(terminal, shown.error());
}

constexpr const char *examples = R"(Examples:
  linger top                            all servers
  linger top --pid 4711 --interval 5s   one, a look every five seconds
  linger top --node web-1:9465 --node web-2:9465 --tls-cert me.pem --tls-key me.key --tls-ca ca.pem
                                        the agents of two hosts at once)";

} // namespace

void add_top_command(CLI::App &parent, Command &chosen)
{
  CLI::App *top = parent.add_subcommand(
      "top", "What goes on now: endpoints, workers and findings on the whole screen");
  top->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<TopArguments>();
  add_pid_option(*top, arguments->tgids);
  top->add_option_function<std::string>(
         "--interval",
         [arguments](const std::string &text) {
           const Result<domain::Nanos> parsed = parse_duration(text, longest_window);
           if (!parsed)
             throw CLI::ValidationError("--interval", parsed.error().what);
           arguments->interval = *parsed;
         },
         "Between two looks (default 2s)")
      ->type_name("DURATION");
  add_source_options(*top, arguments->source);
  add_node_option(*top, arguments->source);
  top->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_top(*arguments, terminal); };
  });
}

} // namespace linger::app
