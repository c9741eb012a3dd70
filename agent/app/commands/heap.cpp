// linger heap: the objects of one worker, what grew, and who holds it.

#include "app/attended.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/running_agent.h"
#include "app/duration.h"
#include "app/heap_watch.h"
#include "app/interrupts.h"
#include "app/progress.h"
#include "discover/server_finder.h"
#include "python/census_taker.h"
#include "serve/convert_census.h"
#include "serve/render/census_text.h"
#include "serve/render/json.h"

#include <CLI/Validators.hpp>
#include <chrono>
#include <fmt/format.h>
#include <limits>
#include <memory>
#include <thread>

namespace linger::app {
namespace {

constexpr domain::Nanos longest_pause = std::chrono::seconds{ 10 };

struct HeapArguments {
  std::uint32_t tgid = 0;
  domain::Nanos window{};                // zero: one census
  std::chrono::milliseconds may_pause{}; // zero: never
  std::vector<std::string> paths_of;
  Format format = Format::text;
  SourceArguments source; // its probes are not used
};

/// Takes it by itself.
class OwnCensus {
public:
  OwnCensus(const HeapArguments &arguments, python::CensusTaker taker, Terminal &terminal)
      : arguments_(arguments), taker_(std::move(taker)), terminal_(terminal)
  {
  }

  Result<v1::Census> run()
  {
    if (arguments_.window == domain::Nanos::zero()) {
      const auto taken = take(arguments_.paths_of);
      if (!taken)
        return tl::unexpected(taken.error());
      return with_retainers(serve::to_proto(taken->census), *taken);
    }
    const auto earlier = take({});
    if (!earlier)
      return tl::unexpected(earlier.error());
    wait();
    const auto later = take(arguments_.paths_of);
    if (!later)
      return tl::unexpected(later.error());
    return with_retainers(serve::to_proto(earlier->census, later->census), *later);
  }

private:
  Result<python::TakenCensus> take(const std::vector<std::string> &paths_of)
  {
    python::CensusOptions options;
    options.paths_of = paths_of;
    options.may_pause = arguments_.may_pause;
    auto taken = taker_.take(options, [this](std::uint32_t attempt) {
      if (terminal_.err_is_terminal)
        terminal_.err << fmt::format("\r\033[Kcopying the heap of {}, attempt {}", arguments_.tgid,
                                     attempt)
                      << std::flush;
    });
    if (terminal_.err_is_terminal)
      terminal_.err << "\r\033[K" << std::flush;
    return taken;
  }

  static v1::Census with_retainers(v1::Census census, const python::TakenCensus &taken)
  {
    for (const domain::Retainers &retainers : taken.retainers)
      *census.add_retainers() = serve::to_proto(retainers);
    return census;
  }

  /// Until the window has passed, or until Ctrl-C.
  void wait()
  {
    const Interrupts interrupts;
    const auto begin = std::chrono::steady_clock::now();
    Progress progress{ terminal_, "waiting", arguments_.window };
    while (!interrupts.seen()) {
      const auto passed = std::chrono::steady_clock::now() - begin;
      if (passed >= arguments_.window)
        return;
      progress.show(passed);
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(std::chrono::milliseconds(100),
                                                                     arguments_.window - passed));
    }
  }

  const HeapArguments &arguments_;
  python::CensusTaker taker_;
  Terminal &terminal_;
};

Result<v1::Census> take(const HeapArguments &arguments, Terminal &terminal)
{
  discover::ServerFinder finder;
  // Any other Python process will do.
  if (const Result<domain::Server> server = finder.find(arguments.tgid)) {
    if (const Result<> worker = check_is_worker(*server, arguments.tgid); !worker)
      return tl::unexpected(worker.error());
  }
  auto taker = python::CensusTaker::open("/proc", arguments.tgid);
  if (!taker)
    return tl::unexpected(taker.error());
  return OwnCensus(arguments, std::move(*taker), terminal).run();
}

Result<v1::Census> ask(serve::Client &agent, const HeapArguments &arguments, Terminal &terminal)
{
  const serve::CensusQuery query{ .worker = arguments.tgid,
                                  .window = arguments.window,
                                  .types = arguments.paths_of };
  const Interrupts interrupts;
  Progress progress{ terminal, "the agent counts", arguments.window };
  Result<v1::Census> census =
      attended([&](const std::stop_token &stop) { return agent.take_census(query, stop); },
               [&](domain::Nanos passed) {
                 progress.show(passed);
                 return !interrupts.seen();
               });
  if (!census && interrupts.seen())
    return failure(Error::Kind::exhausted, "interrupted: there is no census");
  return census;
}

/// An agent that was not asked for by name knows the workers that it watches, and this process can
/// count any that runs CPython.
Result<v1::Census> taken_by_somebody(const HeapArguments &arguments, Terminal &terminal)
{
  // To stop a worker is a right of whoever runs this, not one that an agent lends.
  if (arguments.may_pause > arguments.may_pause.zero())
    return take(arguments, terminal);
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return tl::unexpected(agent.error());
  if (!*agent)
    return take(arguments, terminal);
  Result<v1::Census> census = ask(**agent, arguments, terminal);
  if (!census && census.error().kind == Error::Kind::not_found &&
      arguments.source.agent_address.empty())
    return take(arguments, terminal);
  return census;
}

ExitStatus run_heap(const HeapArguments &arguments, Terminal &terminal)
{
  const Result<v1::Census> census = taken_by_somebody(arguments, terminal);
  if (!census)
    return report_error(terminal, census.error());
  const Result<std::string> text = arguments.format == Format::json
                                       ? serve::json_text(*census)
                                       : serve::census_text(*census, terminal.text_options());
  if (!text)
    return report_error(terminal, text.error());
  if (const Result<> written = write_out(*text, terminal); !written)
    return report_error(terminal, written.error());
  return ExitStatus::done;
}

constexpr const char *examples = R"(Examples:
  linger heap --pid 4712 --diff 10s                          what grew in ten seconds
  linger heap --pid 4712 --paths Session                     who holds the sessions
  linger heap --pid 4712 --may-pause 200ms                   one that is never idle)";

} // namespace

void add_heap_command(CLI::App &parent, Command &chosen)
{
  CLI::App *heap = parent.add_subcommand(
      "heap", "The objects of one worker by type, what grew, and who holds it");
  heap->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<HeapArguments>();
  heap->add_option("--pid", arguments->tgid, "A worker, or any process that runs CPython")
      ->check(
          CLI::Range(std::uint32_t{ 1 }, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->type_name("WORKER")
      ->required();
  heap->add_option_function<std::string>(
          "--diff",
          [arguments](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, longest_window);
            if (!parsed)
              throw CLI::ValidationError("--diff", parsed.error().what);
            arguments->window = *parsed;
          },
          "Take two censuses, this far apart, and say what grew")
      ->type_name("DURATION");
  heap->add_option("--paths", arguments->paths_of,
                   "Say what holds the objects of a type: Session or shop.views.Session; may be "
                   "given several times")
      ->type_name("TYPE")
      ->expected(1)
      ->take_all();
  CLI::Option *may_pause =
      heap->add_option_function<std::string>(
              "--may-pause",
              [arguments](const std::string &text) {
                const Result<domain::Nanos> parsed = parse_duration(text, longest_pause);
                if (!parsed)
                  throw CLI::ValidationError("--may-pause", parsed.error().what);
                arguments->may_pause = std::chrono::ceil<std::chrono::milliseconds>(*parsed);
              },
              "Stop a worker that is never idle while its heap is copied, for so long at most; "
              "requests wait meanwhile (implies --no-agent)")
          ->type_name("DURATION");
  add_format_option(*heap, arguments->format);
  add_agent_options(*heap, arguments->source);
  may_pause->excludes("--agent");
  heap->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_heap(*arguments, terminal); };
  });
}

} // namespace linger::app
