// linger heap: the objects of one worker, what grew, and who holds it.

#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/duration.h"
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
#include <fmt/ranges.h>
#include <limits>
#include <memory>
#include <thread>

namespace linger::app {
namespace {

struct HeapArguments {
  std::uint32_t tgid = 0;
  domain::Nanos window{}; // zero: one census
  std::vector<std::string> paths_of;
  Format format = Format::text;
};

/// A master serves nothing: its heap is not the one that is meant.
Result<> check_worker(std::uint32_t tgid)
{
  discover::ServerFinder finder;
  const Result<domain::Server> server = finder.find(tgid);
  if (!server || server->master_tgid != tgid)
    return {}; // a worker, or a Python process that is no server
  std::vector<std::uint32_t> workers;
  for (const domain::WorkerProcess &worker : server->workers) {
    if (worker.tgid == tgid)
      return {};
    workers.push_back(worker.tgid);
  }
  if (workers.empty())
    return failure(Error::Kind::not_found,
                   fmt::format("{} is the master of a {} that has no worker now", tgid,
                               name_of(server->kind)));
  return failure(Error::Kind::usage,
                 fmt::format("{} is the master of a {}; a census is of one of its workers: {}",
                             tgid, name_of(server->kind), fmt::join(workers, ", ")));
}

class HeapCommand {
public:
  HeapCommand(const HeapArguments &arguments, python::CensusTaker taker, Terminal &terminal)
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

ExitStatus run_heap(const HeapArguments &arguments, Terminal &terminal)
{
  if (const Result<> worker = check_worker(arguments.tgid); !worker)
    return report_error(terminal, worker.error());
  auto taker = python::CensusTaker::open("/proc", arguments.tgid);
  if (!taker)
    return report_error(terminal, taker.error());
  const Result<v1::Census> census = HeapCommand(arguments, std::move(*taker), terminal).run();
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

} // namespace

void add_heap_command(CLI::App &parent, Command &chosen)
{
  CLI::App *heap = parent.add_subcommand(
      "heap", "The objects of one worker by type, what grew, and who holds it");
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<HeapArguments>();
  heap->add_option("--pid", arguments->tgid, "A worker, or any process that runs CPython")
      ->check(
          CLI::Range(std::uint32_t{ 1 }, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->type_name("PID")
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
  add_format_option(*heap, arguments->format);
  heap->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_heap(*arguments, terminal); };
  });
}

} // namespace linger::app
