// linger doctor: what this host and this user allow.

#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/doctor_report.h"
#include "kernel/host_features.h"

namespace linger::app {
namespace {

struct DoctorArguments {
  Format format = Format::text;
  bool capabilities = false;
};

ExitStatus run_doctor(const DoctorArguments &arguments, Terminal &terminal)
{
  const bool json = arguments.format == Format::json;
  if (arguments.capabilities) {
    const auto needed = kernel::needed_capabilities();
    terminal.out << (json ? capabilities_json(needed) : capabilities_text(needed)) << std::flush;
    return ExitStatus::done;
  }
  const std::vector<kernel::HostFeature> features = kernel::probe_host_features();
  terminal.out << (json ? doctor_json(features) : doctor_text(features)) << std::flush;
  return can_do_the_main_job(features) ? ExitStatus::done : ExitStatus::refused;
}

constexpr const char *examples = R"(Examples:
  linger doctor           what is there, and how to get the rest
  linger doctor --caps    which capabilities the agent needs, and for which calls)";

} // namespace

void add_doctor_command(CLI::App &parent, Command &chosen)
{
  CLI::App *doctor = parent.add_subcommand(
      "doctor", "What this host and this user allow, and how to get the rest");
  doctor->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<DoctorArguments>();
  add_format_option(*doctor, arguments->format);
  doctor->add_flag("--caps", arguments->capabilities,
                   "Look at nothing: say which capabilities the agent needs, and for which calls");
  doctor->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_doctor(*arguments, terminal); };
  });
}

} // namespace linger::app
