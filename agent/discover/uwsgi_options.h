// What uWSGI's command line, its environment and its configuration files say.

#pragma once

#include "discover/process.h"
#include "discover/settings.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// One option as a source gives it: "processes", "4". A flag's value is "true".
struct UwsgiOption {
  std::string name;
  std::string value;
  std::string source;
  /// It depends on something that is known only inside: it stands between "if-env" and "endif", or
  /// its value has a placeholder: "%d", "$(HOME)", "@(file)".
  bool is_computed = false;

  bool operator==(const UwsgiOption &) const = default;
};

/// The options of a command line behind the program's name: "-p 4", "-p4", "-Mp 4", "--processes
/// 4", "--processes=4". A file in no option's place is the value of "ini" or of another kind of
/// configuration. The value of an option that nobody here knows is passed over, provided that it
/// does not begin with "-".
[[nodiscard]] std::vector<UwsgiOption>
decode_uwsgi_arguments(std::span<const std::string> arguments);

/// UWSGI_PROCESSES=4 and its kin, by name.
[[nodiscard]] std::vector<UwsgiOption> decode_uwsgi_environment(const Environment &environment);

/// One section of an .ini file; nothing for a section that it does not have. `path` is for the
/// sources.
[[nodiscard]] std::vector<UwsgiOption>
decode_uwsgi_ini(std::string_view text, std::string_view section, std::string_view path);

/// The one name by which `name` and its synonyms go here: "processes" for "workers". Empty for an
/// option that nobody here asks for.
[[nodiscard]] std::string_view canonical_uwsgi_option(std::string_view name);

} // namespace linger::discover
