#include "discover/postgresql_settings.h"

#include "discover/settings.h"

#include <algorithm>

namespace linger::discover {
namespace {

char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_char(char c)
{
  c = lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// 'it''s' and 'it\'s' are both it's.
std::string quoted_value(std::string_view text)
{
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool doubled = text[i] == '\'' && i + 1 < text.size() && text[i + 1] == '\'';
    const bool escaped = text[i] == '\\' && i + 1 < text.size();
    if (doubled || escaped)
      ++i;
    else if (text[i] == '\'')
      break;
    value += text[i];
  }
  return value;
}

std::string value_in(std::string_view text)
{
  if (text.starts_with('\''))
    return quoted_value(text);
  return std::string(text.substr(0, text.find_first_of(" \t\r#")));
}

/// "max-connections=50", or the name alone.
PostgresqlLine option(std::string_view text)
{
  const std::size_t equals = text.find('=');
  PostgresqlLine line{ .name = std::string(text.substr(0, equals)), .value = {} };
  std::ranges::transform(line.name, line.name.begin(),
                         [](char c) { return c == '-' ? '_' : lower(c); });
  if (equals != text.npos)
    line.value = text.substr(equals + 1);
  return line;
}

} // namespace

void PostgresqlSettings::override_with(const PostgresqlSettings &other)
{
  if (other.max_connections)
    max_connections = other.max_connections;
  if (other.superuser_reserved_connections)
    superuser_reserved_connections = other.superuser_reserved_connections;
  if (other.reserved_connections)
    reserved_connections = other.reserved_connections;
  if (other.config_file)
    config_file = other.config_file;
}

std::uint32_t PostgresqlSettings::ordinary_connections() const
{
  constexpr std::uint32_t default_connections = 100;
  constexpr std::uint32_t default_superuser_reserved = 3;
  const std::uint32_t all = max_connections.value_or(default_connections);
  const std::uint64_t reserved =
      std::uint64_t{ superuser_reserved_connections.value_or(default_superuser_reserved) } +
      reserved_connections.value_or(0);
  return reserved < all ? all - static_cast<std::uint32_t>(reserved) : 0;
}

std::vector<PostgresqlLine> postgresql_lines(std::string_view text)
{
  std::vector<PostgresqlLine> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto name_end = std::ranges::find_if_not(rest, is_name_char);
    PostgresqlLine line{ .name = { rest.begin(), name_end }, .value = {} };
    if (line.name.empty())
      continue;
    std::ranges::transform(line.name, line.name.begin(), lower);
    rest = without_blanks(rest.substr(line.name.size()));
    if (rest.starts_with('='))
      rest = without_blanks(rest.substr(1));
    line.value = value_in(rest);
    lines.push_back(std::move(line));
  }
  return lines;
}

void take(PostgresqlSettings &settings, const PostgresqlLine &line)
{
  const auto take_count = [&line](std::optional<std::uint32_t> &setting) {
    if (const auto count = count_in(line.value))
      setting = count;
  };
  if (line.name == "max_connections")
    take_count(settings.max_connections);
  else if (line.name == "superuser_reserved_connections")
    take_count(settings.superuser_reserved_connections);
  else if (line.name == "reserved_connections")
    take_count(settings.reserved_connections);
  else if (line.name == "config_file")
    settings.config_file = line.value;
}

PostgresqlSettings postgresql_settings_in(const std::vector<std::string> &command_line)
{
  PostgresqlSettings settings;
  for (std::size_t i = 1; i < command_line.size(); ++i) {
    const std::string_view word = command_line[i];
    if (word.starts_with("--")) {
      take(settings, option(word.substr(2)));
      continue;
    }
    if (word.size() < 2 || word[0] != '-' || (word[1] != 'c' && word[1] != 'N'))
      continue;
    // What it takes is in the same word or the next.
    if (word.size() == 2 && ++i == command_line.size())
      break;
    const std::string_view value = word.size() == 2 ? command_line[i] : word.substr(2);
    take(settings,
         word[1] == 'c' ? option(value) : PostgresqlLine{ "max_connections", std::string(value) });
  }
  return settings;
}

bool serves_client(std::string_view title)
{
  constexpr std::string_view beginning = "postgres: ";
  if (!title.starts_with(beginning) || title.find("walsender ") != title.npos)
    return false;
  if (title.find(" [local]") != title.npos)
    return true;
  // The client's port, behind its address.
  for (std::size_t open = title.find('('); open != title.npos; open = title.find('(', open + 1)) {
    const std::size_t digits = title.find_first_not_of("0123456789", open + 1);
    if (digits != title.npos && digits > open + 1 && title[digits] == ')')
      return true;
  }
  return false;
}

} // namespace linger::discover
