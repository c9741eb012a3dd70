// What the agent was told, from a TOML file. Every key is described in docs/configuration.md.

#pragma once

#include "base/result.h"
#include "diagnose/thresholds.h"
#include "discover/server_finder.h"
#include "domain/allocation.h"
#include "domain/cause.h"
#include "domain/escalation.h"
#include "domain/time.h"
#include "serve/access.h"
#include "serve/address.h"
#include "serve/tls.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::app {

using serve::default_address;

/// How far the agent goes by itself where an endpoint is seen to keep memory.
struct EscalationConfig {
  /// growth: nowhere.
  domain::MemoryTier to = domain::MemoryTier::growth;
  domain::Nanos check_interval = std::chrono::seconds{ 30 };
  /// How long one server is left alone after a look at one of its workers.
  domain::Nanos pause = std::chrono::hours{ 1 };
  domain::Nanos census_window = std::chrono::seconds{ 60 };
  domain::Nanos allocations_window = std::chrono::seconds{ 120 };
  domain::AllocationQuery allocations;
};

/// What is sent to an OpenTelemetry collector.
struct OtlpConfig {
  /// HOST:PORT; empty: nothing is sent.
  std::string endpoint;
  bool insecure = false;
  std::string tls_ca;
  domain::Nanos interval = std::chrono::minutes{ 1 };
  bool metrics = true;
  bool traces = true;
  /// Requests that took at least so long are traced.
  domain::Nanos slow_request = std::chrono::milliseconds{ 500 };
};

/// What is kept of the past.
struct HistoryConfig {
  static constexpr std::string_view off = "off"; // in the place of a path

  std::string path = "/var/lib/linger/history.db";
  std::uint64_t max_bytes = 64ULL << 20;
  domain::Nanos retention = std::chrono::hours{ 7 * 24 };
  domain::Nanos interval = std::chrono::minutes{ 1 };
};

/// The defaults are those of an empty file.
struct Config {
  // [agent]
  std::vector<std::string> listen{ std::string{ default_address } };
  std::uint32_t ring_buffer_bytes = 4 << 20;
  domain::Nanos wait_threshold = std::chrono::milliseconds{ 1 };
  /// HOST:PORT, or "off"; without a value the default address, which another program may have.
  std::optional<std::string> http;
  serve::TlsFiles tls; // for listen's HOST:PORT
  // [access]
  serve::Operators operators;
  bool page_census = false;
  // [metrics]
  std::uint32_t metrics_max_endpoints = 200;
  // [otlp]
  OtlpConfig otlp;
  // [history]
  HistoryConfig history;
  // [routes]
  std::vector<std::string> route_patterns;
  // [peers]
  std::vector<std::pair<std::uint16_t, domain::Cause>> peer_ports;
  // [kubernetes]
  std::string pod_logs = discover::default_pod_logs;
  // [memory]
  EscalationConfig escalation;
  // [findings]
  domain::Nanos findings_window = std::chrono::minutes{ 2 };
  diagnose::Thresholds thresholds;
};

/// Fails as `usage`, with the file, the line and the key, when the text is no TOML, a key is not
/// one of ours, or a value has the wrong type or is out of range. `name` is the file's, for the
/// message.
[[nodiscard]] Result<Config> parse_config(std::string_view text, std::string_view name);

/// The same from a file; `usage` when it is not there.
[[nodiscard]] Result<Config> read_config(const std::string &path);

/// "off", or the path of a file from the root on.
[[nodiscard]] bool is_history_path(std::string_view text);

/// How far to escalate: "growth", "census" or "allocations".
[[nodiscard]] std::optional<domain::MemoryTier> escalation_named(std::string_view name);

/// A size that the kernel takes for a ring buffer: a power of two, 4096 bytes to 1 GiB.
[[nodiscard]] Result<std::uint32_t> checked_ring_buffer_bytes(std::int64_t bytes);

} // namespace linger::app
