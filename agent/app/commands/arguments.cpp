#include "app/commands/arguments.h"

#include "app/duration.h"

#include <CLI/Validators.hpp>
#include <limits>
#include <map>

namespace linger::app {

void add_pid_option(CLI::App &command, std::vector<std::uint32_t> &tgids)
{
  command
      .add_option("--pid", tgids,
                  "A master or any of its workers; may be given several times. "
                  "Without it: every server")
      ->check(
          CLI::Range(std::uint32_t{ 1 }, std::numeric_limits<std::uint32_t>::max()).description(""))
      ->type_name("PID")
      ->expected(1)
      ->take_all();
}

void add_format_option(CLI::App &command, Format &format)
{
  static const std::map<std::string, Format> formats{ { "text", Format::text },
                                                      { "json", Format::json } };
  command
      .add_option_function<std::string>(
          "--format", [&format](const std::string &name) { format = formats.at(name); },
          "For people or for programs")
      ->check(CLI::IsMember({ "text", "json" }))
      ->option_text("text|json");
}

void add_report_format_option(CLI::App &command, Format &format)
{
  static const std::map<std::string, Format> formats{ { "text", Format::text },
                                                      { "json", Format::json },
                                                      { "html", Format::html } };
  command
      .add_option_function<std::string>(
          "--format", [&format](const std::string &name) { format = formats.at(name); },
          "For people, for programs, or as one page to attach to an incident")
      ->check(CLI::IsMember({ "text", "json", "html" }))
      ->option_text("text|json|html");
}

void add_duration_option(CLI::App &command, domain::Nanos &duration, domain::Nanos max,
                         const std::string &description)
{
  command
      .add_option_function<std::string>(
          "--duration",
          [&duration, max](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, max);
            if (!parsed)
              throw CLI::ValidationError("--duration", parsed.error().what);
            duration = *parsed;
          },
          description)
      ->type_name("DURATION");
}

void add_probe_options(CLI::App &command, ProbeArguments &probes)
{
  command.add_option("--config", probes.config_path, "A TOML file, see linger.toml(5)")
      ->type_name("FILE");
  command
      .add_option_function<std::int64_t>(
          "--ring-buffer-bytes",
          [&probes](std::int64_t bytes) {
            const Result<std::uint32_t> checked = checked_ring_buffer_bytes(bytes);
            if (!checked)
              throw CLI::ValidationError("--ring-buffer-bytes", checked.error().what);
            probes.ring_buffer_bytes = *checked;
          },
          "Room for what the kernel hands over, a power of two")
      ->type_name("BYTES");
}

void add_tls_options(CLI::App &command, serve::TlsFiles &tls, const std::string &when)
{
  command.add_option("--tls-cert", tls.certificate, when + ": the certificate to show, a PEM file")
      ->type_name("FILE");
  command.add_option("--tls-key", tls.key, when + ": its key")->type_name("FILE");
  command
      .add_option("--tls-ca", tls.authority,
                  when +
                      ": the certificate of the authority that the other side's must be signed by")
      ->type_name("FILE");
}

void add_agent_options(CLI::App &command, SourceArguments &source)
{
  command
      .add_option("--agent", source.agent_address,
                  "Ask the agent that listens here; without it, the one at " +
                      std::string{ default_address } + " if there is one")
      ->type_name("ADDRESS");
  command.add_flag("--no-agent", source.no_agent, "Ask no agent, even if one runs")
      ->excludes("--agent");
  add_tls_options(command, source.tls, "With --agent HOST:PORT");
  for (const char *option : { "--tls-cert", "--tls-key", "--tls-ca" })
    command.get_option(option)->needs("--agent");
}

void add_source_options(CLI::App &command, SourceArguments &source)
{
  add_agent_options(command, source);
  add_probe_options(command, source.probes);
  // They are for the probes run here; an agent has its own.
  command.get_option("--config")->excludes("--agent");
  command.get_option("--ring-buffer-bytes")->excludes("--agent");
}

void add_fail_on_option(CLI::App &command, std::optional<domain::Severity> &fail_on,
                        const std::string &description)
{
  static const std::map<std::string, domain::Severity> severities{
    { "info", domain::Severity::info },
    { "warning", domain::Severity::warning },
    { "critical", domain::Severity::critical }
  };
  command
      .add_option_function<std::string>(
          "--fail-on", [&fail_on](const std::string &name) { fail_on = severities.at(name); },
          description)
      ->check(CLI::IsMember({ "info", "warning", "critical" }))
      ->option_text("info|warning|critical");
}

void add_output_option(CLI::App &command, std::string &output_path)
{
  command.add_option("--output", output_path, "Write the report to a file instead")
      ->type_name("FILE");
}

void add_report_options(CLI::App &command, ReportArguments &report)
{
  add_report_format_option(command, report.format);
  add_fail_on_option(command, report.fail_on,
                     "Exit with status 1 when there is a finding of this severity or above");
  add_output_option(command, report.output_path);
  command
      .add_option("--baseline", report.baseline_path,
                  "A recording of before: only findings that it has not, or less severe, count for "
                  "--fail-on, and are named on standard error")
      ->type_name("FILE");
}

void add_tracing_options(CLI::App &command, domain::AllocationQuery &allocations,
                         const std::string &when)
{
  constexpr std::uint64_t most_interval_bytes = 1ULL << 30;
  command
      .add_option("--sample-bytes", allocations.interval_bytes,
                  when + ": sample one byte in so many (default 16384)")
      ->check(CLI::Range(std::uint64_t{ 1 }, most_interval_bytes).description(""))
      ->type_name("BYTES");
  command
      .add_option_function<std::string>(
          "--settle",
          [&allocations](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, longest_window);
            if (!parsed)
              throw CLI::ValidationError("--settle", parsed.error().what);
            allocations.settle.after = *parsed;
          },
          when + ": what a request has not freed so long after its response, and "
                 "20 requests later, is kept (default 10s)")
      ->type_name("DURATION");
  command
      .add_option_function<double>(
          "--trace-budget",
          [&allocations](double percent) {
            if (!(percent > 0 && percent <= 100)) // nor is it "nan"
              throw CLI::ValidationError("--trace-budget", "not above 0 and at most 100");
            allocations.budget_share = percent / 100;
          },
          when + ": take the probes off before they have cost more than so many "
                 "hundredths of a CPU for each worker (default 2)")
      ->type_name("PERCENT");
}

void add_memory_options(CLI::App &command, MemoryArguments &memory)
{
  static const std::map<std::string, domain::MemoryTier> tiers{
    { "growth", domain::MemoryTier::growth },
    { "census", domain::MemoryTier::census },
    { "allocations", domain::MemoryTier::allocations }
  };
  command
      .add_option_function<std::string>(
          "--memory", [&memory](const std::string &name) { memory.tier = tiers.at(name); },
          "How memory is measured: growth is always on; census also compares the heaps of some "
          "workers, which run on, and names what grew and who holds it; allocations also puts "
          "probes on their malloc() and free(), which slow them down, and tells which lines of "
          "which endpoints allocate what is not freed")
      ->check(CLI::IsMember({ "growth", "census", "allocations" }))
      ->option_text("growth|census|allocations");
  add_tracing_options(command, memory.allocations, "With --memory allocations");
}

Result<Config> ProbeArguments::config() const
{
  Result<Config> config = config_path.empty() ? Result<Config>{} : read_config(config_path);
  if (config && ring_buffer_bytes)
    config->ring_buffer_bytes = *ring_buffer_bytes;
  return config;
}

} // namespace linger::app
