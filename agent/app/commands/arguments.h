// Options that several subcommands have.

#pragma once

#include "app/config.h"
#include "base/result.h"
#include "domain/allocation.h"
#include "domain/finding.h"
#include "domain/report.h"
#include "domain/time.h"
#include "serve/tls.h"

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linger::app {

enum class Format { text, json, html };

/// The most that one window may last: what GetReport allows.
inline constexpr std::chrono::hours longest_window{ 1 };

/// --pid: masters or any of their workers; none means every server.
void add_pid_option(CLI::App &command, std::vector<std::uint32_t> &tgids);

/// --format text|json
void add_format_option(CLI::App &command, Format &format);
/// --format text|json|html
void add_report_format_option(CLI::App &command, Format &format);

/// --duration, from above 0 to `max`.
void add_duration_option(CLI::App &command, domain::Nanos &duration, domain::Nanos max,
                         const std::string &description);

/// How the probes are to be run.
struct ProbeArguments {
  std::string config_path;
  std::optional<std::uint32_t> ring_buffer_bytes;

  /// Whether the command line says anything about them.
  [[nodiscard]] bool given() const { return !config_path.empty() || ring_buffer_bytes; }
  /// The configuration with what the command line says on top.
  [[nodiscard]] Result<Config> config() const;
};
/// --config, --ring-buffer-bytes
void add_probe_options(CLI::App &command, ProbeArguments &probes);

/// --tls-cert, --tls-key, --tls-ca; `when` they count: "With --agent HOST:PORT".
void add_tls_options(CLI::App &command, serve::TlsFiles &tls, const std::string &when);

/// Whom to ask: a running agent, or the probes run by this process.
struct SourceArguments {
  std::string agent_address; // empty: the default one, if somebody answers there
  bool no_agent = false;
  std::vector<std::string> nodes; // addresses, where several are asked at once
  serve::TlsFiles tls;
  ProbeArguments probes;
};
/// --agent, --no-agent, --tls-cert, --tls-key, --tls-ca
void add_agent_options(CLI::App &command, SourceArguments &source);
/// The same and those of ProbeArguments, of which any rules out an agent.
void add_source_options(CLI::App &command, SourceArguments &source);

/// How a report is handed over.
struct ReportArguments {
  Format format = Format::text;
  std::optional<domain::Severity> fail_on;
  std::string output_path;   // empty: standard output
  std::string baseline_path; // empty: every finding counts for fail_on
};
/// --fail-on info|warning|critical
void add_fail_on_option(CLI::App &command, std::optional<domain::Severity> &fail_on,
                        const std::string &description);
/// --output
void add_output_option(CLI::App &command, std::string &output_path);
/// --format, --fail-on, --output, --baseline
void add_report_options(CLI::App &command, ReportArguments &report);

/// How memory is measured.
struct MemoryArguments {
  domain::MemoryTier tier = domain::MemoryTier::growth;
  domain::AllocationQuery allocations;
};
/// --sample-bytes, --settle, --trace-budget; `when` they count: "With --memory allocations".
void add_tracing_options(CLI::App &command, domain::AllocationQuery &allocations,
                         const std::string &when);
/// --memory growth|census|allocations, and these.
void add_memory_options(CLI::App &command, MemoryArguments &memory);

} // namespace linger::app
