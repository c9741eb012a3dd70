// What the agent was told, from a TOML file. Every key is described in docs/configuration.md.

#pragma once

#include "base/result.h"
#include "diagnose/thresholds.h"
#include "domain/cause.h"
#include "domain/time.h"
#include "serve/address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::app {

using serve::default_address;

/// The defaults are those of an empty file.
struct Config {
  // [agent]
  std::vector<std::string> listen{ std::string{ default_address } };
  std::uint32_t ring_buffer_bytes = 4 << 20;
  domain::Nanos wait_threshold = std::chrono::milliseconds{ 1 };
  /// HOST:PORT, or "off"; without a value the default address, which another program may have.
  std::optional<std::string> http;
  // [metrics]
  std::uint32_t metrics_max_endpoints = 200;
  domain::Nanos metrics_findings_window = std::chrono::minutes{ 1 };
  // [routes]
  std::vector<std::string> route_patterns;
  // [peers]
  std::vector<std::pair<std::uint16_t, domain::Cause>> peer_ports;
  // [findings]
  diagnose::Thresholds thresholds;
};

/// Fails as `usage`, with the file, the line and the key, when the text is no TOML, a key is not
/// one of ours, or a value has the wrong type or is out of range. `name` is the file's, for the
/// message.
[[nodiscard]] Result<Config> parse_config(std::string_view text, std::string_view name);

/// The same from a file; `usage` when it is not there.
[[nodiscard]] Result<Config> read_config(const std::string &path);

/// A size that the kernel takes for a ring buffer: a power of two, 4096 bytes to 1 GiB.
[[nodiscard]] Result<std::uint32_t> checked_ring_buffer_bytes(std::int64_t bytes);

} // namespace linger::app
