#include "discover/gunicorn_config_file.h"

#include "discover/python_module.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace linger::discover {
namespace {

constexpr std::array<std::string_view, 11> known_settings{
  "bind",    "chdir",   "control_socket", "max_requests", "paste",   "preload_app",
  "threads", "timeout", "worker_class",   "workers",      "wsgi_app"
};

/// Statements that may bind any name.
bool binds_in_bulk(std::string_view statement)
{
  const bool is_star_import = statement.starts_with("from ") && statement.ends_with('*');
  const bool is_exec = statement.starts_with("exec(") || statement.starts_with("exec (");
  const bool is_namespace_change = statement.starts_with("globals()") ||
                                   statement.starts_with("locals()") ||
                                   statement.starts_with("vars()");
  return is_star_import || is_exec || is_namespace_change;
}

std::string source_of(std::string_view path, const PythonStatement &statement)
{
  return fmt::format("{}, line {}", path, statement.line);
}

void mark_as_computed(Setting &setting, std::string source)
{
  setting = Setting{ .source = std::move(source), .is_computed = true };
}

void take_assignment(const PythonStatement &statement, const std::string &source,
                     Settings &settings)
{
  const auto assignment = decode_assignment(statement.text);
  const auto values =
      assignment && !statement.is_nested ? decode_literal(assignment->value) : std::nullopt;
  for (const std::string_view name : known_settings) {
    if (assignment && std::ranges::find(assignment->names, name) == assignment->names.end())
      continue;
    if (values)
      settings[std::string(name)] = Setting{ .values = *values, .source = source };
    else if (assignment || may_assign(statement.text, name))
      mark_as_computed(settings[std::string(name)], source);
  }
}

} // namespace

Configuration decode_config_file(std::string_view source, std::string_view path)
{
  Configuration configuration;
  if (source.find('\0') != std::string_view::npos) {
    configuration.add_gap(fmt::format("{} is no text: what it sets is not known", path));
    return configuration;
  }
  for (const PythonStatement &statement : python_statements(source)) {
    if (!binds_in_bulk(statement.text)) {
      take_assignment(statement, source_of(path, statement), configuration.settings);
      continue;
    }
    // What was set before it may be set anew.
    for (auto &[name, setting] : configuration.settings)
      mark_as_computed(setting, source_of(path, statement));
    if (!configuration.is_complete)
      continue; // said once
    configuration.add_gap(
        fmt::format("{} takes settings from elsewhere (\"{}\"): what those are is "
                    "not known",
                    source_of(path, statement), statement.text.substr(0, 80)));
  }
  return configuration;
}

} // namespace linger::discover
