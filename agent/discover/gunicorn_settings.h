// Gunicorn's settings as its several sources give them, and what they come to.

#pragma once

#include "domain/server.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// What one source says of one setting.
struct Setting {
  /// The text of its value; several for a list, none for Python's None.
  std::vector<std::string> values;
  /// Where it was said: "the command line", "/srv/gunicorn.conf.py, line 7".
  std::string source;
  /// The source computes the value: it cannot be read without running it.
  bool is_computed = false;

  bool operator==(const Setting &) const = default;
};

/// By the setting's name in a configuration file: "worker_class", "preload_app".
using Settings = std::map<std::string, Setting, std::less<>>;

/// All settings of a server, and whether that is all.
struct Configuration {
  Settings settings;
  /// False when a source could not be read: a setting that nobody gives may not have its default.
  bool is_complete = true;
  /// A sentence for each source that could not be read.
  std::vector<std::string> gaps;

  /// Takes what a source of higher precedence says.
  void override_with(Settings &&other);
  void add_gap(std::string sentence);
};

/// Python's int(text, 0), and int(text) for the forms the two share; nullopt for anything else, for
/// negative numbers and for more than 32 bits.
[[nodiscard]] std::optional<std::uint32_t> count_in(std::string_view text);

/// Fills in worker_class, workers_configured, threads_per_worker, timeout_seconds, preload and
/// max_requests, and `app` where it is empty, with a gap for each that could not be found out.
/// `server.workers` must be filled in: their number stands for one that is not known.
void apply(const Configuration &configuration, domain::Server &server);

} // namespace linger::discover
