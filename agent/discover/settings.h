// What a server's several sources say of its settings, and how to read their values.

#pragma once

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

/// By the setting's name in a configuration file: "worker_class", "harakiri".
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

/// Without the blanks and line ends around it.
[[nodiscard]] std::string_view without_blanks(std::string_view text);

/// Reads settings with their defaults; every one that stays unknown leaves a gap. What it is given
/// must outlive it.
class SettingReader {
public:
  SettingReader(const Configuration &configuration, std::vector<std::string> &gaps)
      : configuration_(configuration), gaps_(gaps)
  {
  }

  /// What `decode` makes of the value: a std::optional<T>. nullopt when that, or the value, is not
  /// known.
  template <typename T, typename Decode>
  [[nodiscard]] std::optional<T> read(std::string_view name, T default_value, Decode decode) const
  {
    const auto found = configuration_.settings.find(name);
    if (found == configuration_.settings.end())
      return configuration_.is_complete ? std::optional(std::move(default_value)) : std::nullopt;
    const Setting &setting = found->second;
    if (!setting.is_computed && setting.values.empty())
      return default_value; // None
    if (!setting.is_computed && setting.values.size() == 1)
      if (auto value = decode(std::string_view(setting.values.front())))
        return value;
    add_gap(name, setting);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view name,
                                                std::string default_value) const;

private:
  void add_gap(std::string_view name, const Setting &setting) const;

  const Configuration &configuration_;
  std::vector<std::string> &gaps_;
};

} // namespace linger::discover
