#include "discover/settings.h"

#include "discover/proc_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace linger::discover {

void Configuration::override_with(Settings &&other)
{
  // merge() keeps what is there already.
  other.merge(settings);
  settings = std::move(other);
}

void Configuration::add_gap(std::string sentence)
{
  gaps.push_back(std::move(sentence));
  is_complete = false;
}

std::string_view without_blanks(std::string_view text)
{
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::optional<std::uint32_t> count_in(std::string_view text)
{
  text = without_blanks(text);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X'   ? 16
           : mark == 'o' || mark == 'O' ? 8
           : mark == 'b' || mark == 'B' ? 2
                                        : 10;
    if (base != 10)
      text.remove_prefix(2);
  }
  std::string digits;
  char previous = '_';
  for (const char c : text) {
    // 1_000 is a number, 1__000 and _1 are none.
    if (c == '_' && previous == '_')
      return std::nullopt;
    if (c != '_')
      digits += c;
    previous = c;
  }
  return previous == '_' ? std::nullopt : number_in<std::uint32_t>(digits, base);
}

std::optional<std::string> SettingReader::text(std::string_view name,
                                               std::string default_value) const
{
  return read<std::string>(name, std::move(default_value), [](std::string_view value) {
    return std::optional(std::string(without_blanks(value)));
  });
}

void SettingReader::add_gap(std::string_view name, const Setting &setting) const
{
  if (setting.is_computed)
    gaps_.push_back(fmt::format("{} is computed in {}: its value cannot be seen from outside", name,
                                setting.source));
  else
    gaps_.push_back(fmt::format("{} is \"{}\" in {}, which is no value that it can have", name,
                                fmt::join(setting.values, "\", \""), setting.source));
}

} // namespace linger::discover
