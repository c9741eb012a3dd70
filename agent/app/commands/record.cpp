// linger record: what is observed, to a file.

#include "app/agent.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/interrupts.h"
#include "app/progress.h"
#include "app/version.h"
#include "serve/recording.h"

#include <fmt/format.h>
#include <memory>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

struct RecordArguments {
  std::string path;
  std::vector<std::uint32_t> tgids;
  domain::Nanos duration = 30s;
  MemoryArguments memory;
  ProbeArguments probes;
};

/// Remembers the first failure, because a sink has nobody to tell.
class Recording {
public:
  explicit Recording(serve::RecordingWriter writer) : writer_(std::move(writer)) {}

  void add(const domain::Observation &observation)
  {
    if (const Result<> written = writer_.write(observation); !written)
      failed_ = true;
    // Samples come once a second; so does what must not be lost if we are killed.
    if (std::holds_alternative<domain::CoverageSample>(observation))
      failed_ = failed_ || !writer_.flush();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Result<> finish() { return writer_.finish(); }
  [[nodiscard]] std::uint64_t observations() const { return writer_.observations(); }

private:
  serve::RecordingWriter writer_;
  std::atomic<bool> failed_ = false; // written on the collecting thread
};

Result<> record(Agent &agent, Recording &recording, const RecordArguments &arguments,
                Terminal &terminal)
{
  const Interrupts interrupts;
  Progress progress{ terminal, "recording", arguments.duration };
  const Result<> recorded = agent.record_while(
      { arguments.duration, {}, arguments.memory.tier, arguments.memory.allocations },
      [&](domain::Nanos passed) {
        progress.show(passed);
        return !interrupts.seen() && !recording.failed();
      },
      [&](const domain::Observation &observation) { recording.add(observation); });
  agent.stop();
  if (!recorded)
    return recorded;
  return recording.finish();
}

ExitStatus run_record(const RecordArguments &arguments, Terminal &terminal)
{
  const Result<Config> config = arguments.probes.config();
  if (!config)
    return report_error(terminal, config.error());
  // First the agent: a mistaken --pid must not empty a file.
  Result<std::unique_ptr<Agent>> agent = Agent::start(*config, arguments.tgids);
  if (!agent)
    return report_error(terminal, agent.error());
  if ((*agent)->watches_nothing())
    return report_error(terminal, no_server_here());
  Result<serve::RecordingWriter> writer = serve::RecordingWriter::create(
      arguments.path, { .agent_version = std::string{ version }, .clock = (*agent)->clock() });
  if (!writer)
    return report_error(terminal, about_named_file(writer.error()));

  Recording recording{ std::move(*writer) };
  if (const Result<> recorded = record(**agent, recording, arguments, terminal); !recorded)
    return report_error(terminal, recorded.error());
  terminal.err << fmt::format("linger: {} observations recorded in {}\n", recording.observations(),
                              arguments.path);
  return ExitStatus::done;
}

constexpr const char *examples = R"(Examples:
  linger record -o slow.linger --duration 2m      to look at later, or to send to someone
  linger record -o kept.linger --memory census    with the heaps that grow)";

} // namespace

void add_record_command(CLI::App &parent, Command &chosen)
{
  CLI::App *record =
      parent.add_subcommand("record", "Write what is observed to a file, for `linger replay`");
  record->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<RecordArguments>();
  record->add_option("-o,--output", arguments->path, "The file to write")
      ->required()
      ->type_name("FILE");
  add_pid_option(*record, arguments->tgids);
  add_duration_option(*record, arguments->duration, longest_window,
                      "How long to record; Ctrl-C ends it early (default 30s)");
  add_memory_options(*record, arguments->memory);
  add_probe_options(*record, arguments->probes);
  record->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_record(*arguments, terminal); };
  });
}

} // namespace linger::app
