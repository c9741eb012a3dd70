#include "discover/uwsgi_options.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

namespace linger::discover {
namespace {

struct Known {
  std::string_view name;
  std::string_view canonical;
  char letter = '\0';
  bool is_flag = false;
};

// uWSGI 2.0: the options that a Server is made of, with their synonyms.
constexpr std::array known_options{
  Known{ "processes", "processes", 'p' },
  Known{ "workers", "processes" },
  Known{ "threads", "threads" },
  Known{ "master", "master", 'M', true },
  Known{ "module", "module", 'w' },
  Known{ "wsgi", "module" },
  Known{ "wsgi-file", "wsgi-file" },
  Known{ "file", "wsgi-file" },
  Known{ "callable", "callable" },
  Known{ "mount", "mount" },
  Known{ "paste", "paste" },
  Known{ "ini-paste", "paste" },
  Known{ "ini-paste-logged", "paste" },
  Known{ "harakiri", "harakiri", 't' },
  Known{ "max-requests", "max-requests", 'R' },
  Known{ "lazy", "lazy-apps", '\0', true },
  Known{ "lazy-apps", "lazy-apps", '\0', true },
  Known{ "gevent", "gevent" },
  Known{ "async", "async" },
  Known{ "asyncio", "asyncio" },
  Known{ "chdir", "chdir" },
  Known{ "socket", "socket", 's' },
  Known{ "uwsgi-socket", "socket" },
  Known{ "http-socket", "socket" },
  Known{ "http11-socket", "socket" },
  Known{ "http", "router" },
  Known{ "http-router", "router" },
  Known{ "https", "router" },
  Known{ "https2", "router" },
  Known{ "fastrouter", "router" },
  Known{ "rawrouter", "router" },
  Known{ "sslrouter", "router" },
  Known{ "ini", "ini" },
  Known{ "inherit", "ini" },
  Known{ "include", "ini" },
  Known{ "config", "unread" },
  Known{ "yaml", "unread", 'y' },
  Known{ "yml", "unread" },
  Known{ "json", "unread", 'j' },
  Known{ "js", "unread" },
  Known{ "xml", "unread", 'x' },
  Known{ "xmlconfig", "unread" },
};

/// Flags that often stand in front of a file's name, which is not their value.
constexpr std::array<std::string_view, 23> other_flags{
  "auto-procname",
  "chmod",
  "chmod-socket",
  "paste-logger",
  "catch-exceptions",
  "die-on-term",
  "disable-logging",
  "enable-threads",
  "harakiri-verbose",
  "honour-stdin",
  "log-master",
  "manage-script-name",
  "memory-report",
  "need-app",
  "no-default-app",
  "no-orphans",
  "py-call-osafterfork",
  "single-interpreter",
  "single-thread",
  "strict",
  "thunder-lock",
  "touch-chain",
  "vacuum",
};
constexpr std::string_view flag_letters = "mcaTMirLh";
/// What may have a value, in the same word only.
constexpr char optional_letter = 'C';

const Known *find_known(std::string_view name)
{
  const auto found = std::ranges::find(known_options, name, &Known::name);
  return found == known_options.end() ? nullptr : &*found;
}

bool is_flag(std::string_view name)
{
  const Known *const known = find_known(name);
  return known != nullptr ? known->is_flag
                          : std::ranges::find(other_flags, name) != other_flags.end();
}

bool has_placeholder(std::string_view value)
{
  return value.find('%') != std::string_view::npos || value.find("$(") != std::string_view::npos ||
         value.find("@(") != std::string_view::npos;
}

/// The kind of configuration that a file given without an option is; empty when it is none.
std::string_view kind_of_file(std::string_view word)
{
  word = word.substr(0, word.find(':'));
  if (word.ends_with(".ini"))
    return "ini";
  for (const std::string_view ending : { ".yaml", ".yml", ".json", ".js", ".xml" })
    if (word.ends_with(ending))
      return "unread";
  return word.ends_with(".py") || word.ends_with(".wsgi") ? "wsgi-file" : "";
}

/// Walks over the words of one command line.
class ArgumentDecoder {
public:
  explicit ArgumentDecoder(std::span<const std::string> words) : words_(words) {}

  std::vector<UwsgiOption> decode()
  {
    while (!words_.empty()) {
      const std::string_view word = next();
      if (word.size() > 2 && word.starts_with("--"))
        take_long(word.substr(2));
      else if (word.size() > 1 && word[0] == '-')
        take_short(word.substr(1));
      else if (const std::string_view kind = kind_of_file(word); !kind.empty())
        add(kind, word);
    }
    return std::move(options_);
  }

private:
  std::string_view next()
  {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void take_long(std::string_view word)
  {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals != std::string_view::npos)
      add(name, word.substr(equals + 1));
    else if (is_flag(name))
      add(name, "true");
    else if (!words_.empty() && (find_known(name) != nullptr || !words_.front().starts_with('-')))
      add(name, next());
  }

  void take_short(std::string_view letters)
  {
    while (!letters.empty()) {
      const char letter = letters.front();
      letters.remove_prefix(1);
      if (letter == optional_letter)
        return;
      const auto known = std::ranges::find(known_options, letter, &Known::letter);
      const std::string_view name = known == known_options.end() ? "" : known->name;
      if (flag_letters.find(letter) != std::string_view::npos) {
        add(name, "true");
        continue;
      }
      if (!letters.empty())
        add(name, letters);
      else if (!words_.empty())
        add(name, next());
      return;
    }
  }

  void add(std::string_view name, std::string_view value)
  {
    if (!name.empty())
      options_.push_back({ .name = std::string(name),
                           .value = std::string(value),
                           .source = "the command line",
                           .is_computed = has_placeholder(value) });
  }

  std::span<const std::string> words_;
  std::vector<UwsgiOption> options_;
};

bool opens_a_condition(std::string_view key)
{
  constexpr std::array<std::string_view, 7> names{ "ifenv", "ifexists", "ifplugin", "iffile",
                                                   "ifdir", "ifopt",    "for" };
  return key.starts_with("if-") || key.starts_with("for-") ||
         std::ranges::find(names, key) != names.end();
}

bool closes_a_condition(std::string_view key)
{
  return key == "endif" || key == "end-if" || key == "endfor" || key == "end-for";
}

} // namespace

std::vector<UwsgiOption> decode_uwsgi_arguments(std::span<const std::string> arguments)
{
  return ArgumentDecoder(arguments).decode();
}

std::vector<UwsgiOption> decode_uwsgi_environment(const Environment &environment)
{
  constexpr std::string_view prefix = "UWSGI_";
  std::vector<UwsgiOption> options;
  for (const auto &[variable, value] : environment) {
    if (!variable.starts_with(prefix))
      continue;
    std::string name = variable.substr(prefix.size());
    std::ranges::transform(name, name.begin(), [](char c) {
      return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!canonical_uwsgi_option(name).empty())
      options.push_back({ .name = std::move(name),
                          .value = value,
                          .source = variable,
                          .is_computed = has_placeholder(value) });
  }
  return options;
}

std::vector<UwsgiOption> decode_uwsgi_ini(std::string_view text, std::string_view section,
                                          std::string_view path)
{
  std::vector<UwsgiOption> options;
  bool in_section = false;
  std::uint32_t conditions = 0;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == ';' || line[0] == '#')
      continue;
    if (line[0] == '[') {
      in_section = without_blanks(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    if (!in_section)
      continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = without_blanks(line.substr(0, equals));
    if (opens_a_condition(key)) {
      ++conditions;
      continue;
    }
    if (closes_a_condition(key)) {
      conditions -= std::min(conditions, 1U);
      continue;
    }
    const std::string_view value = equals == std::string_view::npos
                                       ? std::string_view("true")
                                       : without_blanks(line.substr(equals + 1));
    options.push_back({ .name = std::string(key),
                        .value = std::string(value.empty() ? "true" : value),
                        .source = fmt::format("{}, line {}", path, number),
                        .is_computed = conditions > 0 || has_placeholder(value) });
  }
  return options;
}

std::string_view canonical_uwsgi_option(std::string_view name)
{
  const Known *const known = find_known(name);
  return known == nullptr ? std::string_view{} : known->canonical;
}

} // namespace linger::discover
