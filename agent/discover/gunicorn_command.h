// Which command lines are Gunicorn's.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// What stands behind the program's name where `argv` starts Gunicorn: its script under a Python
/// interpreter with whatever options, "python -m gunicorn", or "gunicorn" itself. nullopt for any
/// other program.
[[nodiscard]] std::optional<std::vector<std::string>>
gunicorn_arguments(std::span<const std::string> argv);

/// What setproctitle leaves of a command line: "gunicorn: worker [shop.app:app]".
struct GunicornTitle {
  enum class Role { master, worker };
  Role role = Role::master;
  /// What --name gives, else the application. A master that was started by USR2 adds ".2".
  std::string name;

  bool operator==(const GunicornTitle &) const = default;
};
[[nodiscard]] std::optional<GunicornTitle> decode_title(std::string_view title);

} // namespace linger::discover
