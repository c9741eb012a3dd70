// linger top: what goes on now, on the whole screen.

#include "app/agent.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/running_agent.h"
#include "app/curses.h"
#include "app/duration.h"
#include "app/interrupts.h"
#include "serve/convert.h"
#include "serve/top/screen.h"

#include <fmt/format.h>
#include <future>
#include <memory>
#include <stop_token>

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

class Top {
public:
  Top(Look look, domain::Nanos interval, Curses &screen)
      : look_(std::move(look)), interval_(interval), screen_(screen)
  {
  }

  void run()
  {
    const Interrupts interrupts;
    begin_look();
    while (!view_.over && !interrupts.seen()) {
      take_up_look();
      screen_.draw(serve::top_screen(state_, view_, screen_.width(), screen_.height()));
      constexpr std::chrono::milliseconds attention_interval{ 100 };
      if (const auto key = screen_.key(attention_interval))
        view_.press(*key, serve::top_rows(state_, view_));
    }
    stop_.request_stop();
  }

private:
  using Clock = std::chrono::steady_clock;

  /// On another thread: an agent that does not answer must not keep the keys waiting.
  void begin_look()
  {
    looked_ = Clock::now();
    looking_ = std::async(std::launch::async, [this] { return look_(stop_.get_token()); });
  }

  void take_up_look()
  {
    if (looking_.valid() && looking_.wait_for(0s) == std::future_status::ready)
      take_up(looking_.get());
    if (!looking_.valid() && !view_.paused && Clock::now() - looked_ >= interval_)
      begin_look();
  }

  void take_up(Result<v1::Report> seen)
  {
    if (!seen) {
      state_.trouble = seen.error().what;
      return;
    }
    state_.trouble.clear();
    state_.rates = serve::rates_between(state_.report, *seen);
    // The first one tells of all the time since the start: no interval of this screen's.
    if (state_.report.has_window() && state_.rates.seconds > 0)
      remember();
    state_.report = std::move(*seen);
  }

  void remember()
  {
    constexpr std::size_t most_remembered = 20;
    double requests = 0;
    for (const serve::Rate &rate : state_.rates.servers)
      requests += static_cast<double>(rate.requests);
    state_.history.push_back(requests / state_.rates.seconds);
    if (state_.history.size() > most_remembered)
      state_.history.pop_front();
  }

  Look look_;
  domain::Nanos interval_;
  Curses &screen_;
  serve::TopState state_;
  serve::TopView view_;
  Clock::time_point looked_;
  std::stop_source stop_;
  std::future<Result<v1::Report>> looking_;
};

Result<> show(Look look, const TopArguments &arguments, const Terminal &terminal)
{
  const auto screen = Curses::open(terminal.color);
  if (!screen)
    return tl::unexpected(screen.error());
  Top(std::move(look), arguments.interval, **screen).run();
  return {};
}

Result<> show_agents(serve::Client &agent, const TopArguments &arguments, const Terminal &terminal)
{
  return show(
      [&](const std::stop_token &stop) {
        return agent.get_report({ .window = {}, .tgids = arguments.tgids, .live = true }, stop);
      },
      arguments, terminal);
}

Result<> show_own(const TopArguments &arguments, const Terminal &terminal)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  const auto agent = Agent::start(*config, arguments.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  return show(
      [&](const std::stop_token &) -> Result<v1::Report> {
        const Result<domain::Report> report = (*agent)->live_report(arguments.tgids);
        if (!report)
          return tl::unexpected(report.error());
        return serve::to_proto(*report);
      },
      arguments, terminal);
}

ExitStatus run_top(const TopArguments &arguments, Terminal &terminal)
{
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  const Result<> shown =
      *agent ? show_agents(**agent, arguments, terminal) : show_own(arguments, terminal);
  return shown ? ExitStatus::done : report_error(terminal, shown.error());
}

constexpr const char *examples = R"(Examples:
  linger top                            all servers
  linger top --pid 4711 --interval 5s   one, a look every five seconds)";

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
  top->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_top(*arguments, terminal); };
  });
}

} // namespace linger::app
