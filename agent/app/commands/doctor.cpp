// linger doctor: what this host and this user allow.

#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/doctor_report.h"
#include "kernel/host_features.h"

namespace linger::app {
namespace {

ExitStatus run_doctor(Format format, Terminal &terminal)
{
  const std::vector<kernel::HostFeature> features = kernel::probe_host_features();
  terminal.out << (format == Format::json ? doctor_json(features) : doctor_text(features))
               << std::flush;
  return can_do_the_main_job(features) ? ExitStatus::done : ExitStatus::refused;
}

} // namespace

void add_doctor_command(CLI::App &parent, Command &chosen)
{
  CLI::App *doctor = parent.add_subcommand(
      "doctor", "What this host and this user allow, and how to get the rest");
  // Shared with the command, which outlives the parser that fills it.
  const auto format = std::make_shared<Format>(Format::text);
  add_format_option(*doctor, *format);
  doctor->callback([format, &chosen] {
    chosen = [format](Terminal &terminal) { return run_doctor(*format, terminal); };
  });
}

} // namespace linger::app
