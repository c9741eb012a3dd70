// The keys of the configuration file.

#pragma once

#include "app/config.h"

#include <functional>
#include <span>
#include <toml++/toml.h>

namespace linger::app {

/// One key and what it does. docs/configuration.md has a line for each; a test compares the two.
struct ConfigKey {
  std::string_view section;
  std::string_view name;
  /// Fails with what is wrong about the value, without saying where it stands.
  std::function<Result<>(Config &, const toml::node &)> set;
};

[[nodiscard]] std::span<const ConfigKey> config_keys();

/// For keys whose value is a list of strings; fails with what is wrong about it.
[[nodiscard]] Result<std::vector<std::string>> strings_in(const toml::node &value);

/// nullptr when there is none of that name.
[[nodiscard]] const ConfigKey *config_key_named(std::string_view section, std::string_view name);

} // namespace linger::app
