// linger profile: where time went or memory stayed, for the tools that draw profiles.

#include "serve/render/profile.h"
#include "app/agent.h"
#include "app/attended.h"
#include "app/commands/command.h"
#include "app/commands/recorded_evidence.h"
#include "app/commands/running_agent.h"
#include "app/interrupts.h"
#include "app/progress.h"
#include "serve/escape.h"

#include <CLI/Validators.hpp>
#include <fmt/format.h>
#include <memory>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

struct ProfileArguments {
  domain::ProfileKind kind = domain::ProfileKind::blocked;
  serve::ProfileFormat format = serve::ProfileFormat::pprof;
  std::string recording_path; // empty: observe
  std::string output_path;    // empty: standard output
  std::vector<std::uint32_t> tgids;
  domain::Nanos duration = 30s;
  domain::AllocationQuery allocations;
  SourceArguments source;
};

struct ProfileFile {
  std::string bytes;
  std::vector<std::string> notes;
};

Result<ProfileFile> file_of(const domain::Profile &profile, const ProfileArguments &arguments)
{
  Result<std::string> bytes = serve::profile_file(profile, arguments.format);
  if (!bytes)
    return tl::unexpected(bytes.error());
  return ProfileFile{ .bytes = std::move(*bytes), .notes = profile.notes };
}

Result<ProfileFile> replay(const ProfileArguments &arguments)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  const Result<RecordedEvidence> recorded =
      read_evidence(arguments.recording_path, *config, { .profiled = true });
  if (!recorded)
    return tl::unexpected(recorded.error());
  if (domain::needs_allocations(arguments.kind) && !recorded->evidence.traced_allocations())
    return failure(Error::Kind::usage,
                   fmt::format("{} holds no allocations, which --kind {} is made of: record it "
                               "with --memory allocations",
                               arguments.recording_path, domain::name_of(arguments.kind)));
  domain::Profile profile = recorded->evidence.profile(arguments.kind);
  if (const std::string gap = left_out(*recorded); !gap.empty())
    profile.notes.push_back(gap);
  return file_of(profile, arguments);
}

serve::ProfileQuery query_of(const ProfileArguments &arguments)
{
  return { .kind = arguments.kind,
           .window = arguments.duration,
           .tgids = arguments.tgids,
           .allocations = arguments.allocations };
}

Result<ProfileFile> ask(serve::Client &agent, const ProfileArguments &arguments, Terminal &terminal)
{
  const Result<v1::ListServersResponse> servers = agent.list_servers(arguments.tgids);
  if (!servers)
    return tl::unexpected(servers.error());
  if (servers->servers().empty())
    return tl::unexpected(no_server_here());

  const Interrupts interrupts;
  Progress progress{ terminal, "the agent observes", arguments.duration };
  Result<v1::GetProfileResponse> profile = attended(
      [&](const std::stop_token &stop) {
        return agent.get_profile(query_of(arguments), arguments.format, stop);
      },
      [&](domain::Nanos passed) {
        progress.show(passed);
        return !interrupts.seen();
      });
  if (!profile && interrupts.seen())
    return failure(Error::Kind::exhausted,
                   "interrupted: an agent's window cannot be ended early, so there is no profile; "
                   "ask for a shorter --duration, or use --no-agent");
  if (!profile)
    return tl::unexpected(profile.error());
  return ProfileFile{ .bytes = std::move(*profile->mutable_file()),
                      .notes = { profile->notes().begin(), profile->notes().end() } };
}

Result<ProfileFile> observe(const ProfileArguments &arguments, Terminal &terminal)
{
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return tl::unexpected(config.error());
  Result<std::unique_ptr<Agent>> agent = Agent::start(*config, arguments.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  if ((*agent)->watches_nothing())
    return tl::unexpected(no_server_here());

  const Interrupts interrupts;
  Progress progress{ terminal, "observing", arguments.duration };
  const Result<domain::Profile> profile =
      (*agent)->profile_while(query_of(arguments), [&](domain::Nanos passed) {
        progress.show(passed);
        return !interrupts.seen();
      });
  (*agent)->stop(); // nothing is attached any more when the profile is written
  if (!profile)
    return tl::unexpected(profile.error());
  return file_of(*profile, arguments);
}

Result<ProfileFile> profiled(const ProfileArguments &arguments, Terminal &terminal)
{
  if (!arguments.recording_path.empty())
    return replay(arguments);
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return tl::unexpected(agent.error());
  return *agent ? ask(**agent, arguments, terminal) : observe(arguments, terminal);
}

ExitStatus run_profile(const ProfileArguments &arguments, Terminal &terminal)
{
  const bool to_file = !arguments.output_path.empty();
  if (arguments.format == serve::ProfileFormat::pprof && !to_file && terminal.out_is_terminal)
    return report_error(terminal, { .kind = Error::Kind::usage,
                                    .what = "a pprof profile is no text: name a file with -o" });
  const Result<ProfileFile> file = profiled(arguments, terminal);
  if (!file)
    return report_error(terminal, file.error());
  if (const Result<> written =
          write_result(file->bytes, arguments.output_path, "the profile", terminal);
      !written)
    return report_error(terminal, written.error());
  for (const std::string &note : file->notes)
    terminal.err << "linger: " << serve::printable(note) << "\n";
  return ExitStatus::done;
}

void add_profile_options(CLI::App &profile, ProfileArguments &arguments)
{
  profile
      .add_option_function<std::string>(
          "--kind",
          [&arguments](const std::string &name) {
            arguments.kind = *domain::profile_kind_named(name);
          },
          "blocked: the requests' time that was not on a CPU, by cause; on-cpu: the rest of it; "
          "allocated and retained: what requests allocated and what of it they kept, for which "
          "allocations are traced")
      ->check(CLI::IsMember({ "blocked", "on-cpu", "allocated", "retained" }))
      ->option_text("blocked|on-cpu|allocated|retained")
      ->required();
  profile
      .add_option_function<std::string>(
          "--format",
          [&arguments](const std::string &name) {
            arguments.format = *serve::profile_format_named(name);
          },
          "pprof for `go tool pprof` and its kin (default), folded for flamegraph.pl, speedscope "
          "for speedscope.app, html for a page with a flame graph")
      ->check(CLI::IsMember({ "pprof", "folded", "speedscope", "html" }))
      ->option_text("pprof|folded|speedscope|html");
  profile.add_option("-o,--output", arguments.output_path, "Write the profile to a file instead")
      ->type_name("FILE");
}

constexpr const char *examples = R"(Examples:
  linger profile --kind blocked -o waits.pb.gz && go tool pprof -http :8080 waits.pb.gz
  linger profile --kind retained --format folded | flamegraph.pl --countname bytes > kept.svg
  linger profile --kind on-cpu --format html -o cpu.html)";

} // namespace

void add_profile_command(CLI::App &parent, Command &chosen)
{
  CLI::App *profile = parent.add_subcommand(
      "profile", "Where time went or memory stayed, for the tools that draw profiles");
  profile->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<ProfileArguments>();
  add_profile_options(*profile, *arguments);
  CLI::Option *from = profile
                          ->add_option("--from", arguments->recording_path,
                                       "Of what `linger record` wrote; needs no root")
                          ->type_name("FILE");
  add_pid_option(*profile, arguments->tgids);
  add_duration_option(*profile, arguments->duration, longest_window,
                      "How long to observe; Ctrl-C ends it early (default 30s)");
  add_tracing_options(*profile, arguments->allocations, "With --kind allocated or retained");
  add_source_options(*profile, arguments->source);
  for (const char *option : { "--pid", "--duration", "--sample-bytes", "--settle", "--trace-budget",
                              "--agent", "--no-agent", "--ring-buffer-bytes" })
    from->excludes(profile->get_option(option));
  profile->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_profile(*arguments, terminal); };
  });
}

} // namespace linger::app
