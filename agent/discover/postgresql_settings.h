// How many connections a PostgreSQL server takes, from what it was told.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// Of the settings those that matter here; what is not there was not said. Names and grammar:
/// PostgreSQL's documentation, "Setting Parameters"; the options: postgres(1).
struct PostgresqlSettings {
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint32_t> superuser_reserved_connections;
  std::optional<std::uint32_t> reserved_connections;
  std::optional<std::string> config_file;

  /// Takes what a source of higher precedence says.
  void override_with(const PostgresqlSettings &other);

  /// What roles without privileges can have; the defaults stand for what nobody said.
  [[nodiscard]] std::uint32_t ordinary_connections() const;

  bool operator==(const PostgresqlSettings &) const = default;
};

/// One line of a configuration file.
struct PostgresqlLine {
  /// In lower case: "max_connections", "include_dir".
  std::string name;
  std::string value;

  bool operator==(const PostgresqlLine &) const = default;
};

/// The lines that say something, in their order. What is no such line is passed over.
[[nodiscard]] std::vector<PostgresqlLine> postgresql_lines(std::string_view text);

/// Takes one setting, where it is one of those that matter.
void take(PostgresqlSettings &settings, const PostgresqlLine &line);

/// What the command line of a server says: -N 50, -c max_connections=50, --max-connections=50.
[[nodiscard]] PostgresqlSettings
postgresql_settings_in(const std::vector<std::string> &command_line);

/// Whether a child of the server with this title serves a client: "postgres: 15/main: alice shop
/// 10.0.0.7(43210) idle", "postgres: alice shop [local] SELECT". Its own helpers do not, and a
/// replica's connection counts elsewhere.
[[nodiscard]] bool serves_client(std::string_view title);

} // namespace linger::discover
