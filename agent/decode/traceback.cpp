#include "decode/traceback.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace linger::decode {
namespace {

constexpr std::string_view file_prefix = "  File \"";
constexpr std::string_view line_prefix = "\", line ";
constexpr std::string_view function_prefix = ", in ";
constexpr std::size_t max_name_bytes = 1024;

bool is_printable(std::string_view text)
{
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// What a string of JSON stands for, up to the quote that ends it. Escapes that no traceback needs
/// to be understood stay as they are.
std::string unescaped(std::string_view text)
{
  std::string plain;
  for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n')
      plain += '\n';
    else if (next == '"' || next == '\\' || next == '/')
      plain += next;
    else
      plain.append({ '\\', next });
  }
  return plain;
}

/// Up to the line's end, which is taken off `text`.
std::string_view take_line(std::string_view &text)
{
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

/// `  File "/srv/shop/cart.py", line 31, in total`
std::optional<TracebackLine> frame_of(std::string_view text)
{
  if (!text.starts_with(file_prefix))
    return std::nullopt;
  text.remove_prefix(file_prefix.size());
  const std::size_t file_end = text.rfind(line_prefix);
  if (file_end == std::string_view::npos)
    return std::nullopt;
  TracebackLine frame{ .file = std::string(text.substr(0, file_end)), .function = "", .line = 0 };
  text.remove_prefix(file_end + line_prefix.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), frame.line);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{} || frame.line < 0 || !text.starts_with(function_prefix))
    return std::nullopt;
  frame.function = text.substr(function_prefix.size());
  if (!is_printable(frame.file) || !is_printable(frame.function) ||
      frame.file.size() + frame.function.size() > max_name_bytes)
    return std::nullopt;
  return frame;
}

/// The name that a traceback's last line begins with; empty where it begins with none.
std::string_view type_of(std::string_view line)
{
  const auto *end = std::ranges::find_if_not(line, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
  const auto length = static_cast<std::size_t>(end - line.begin());
  const bool ends = length == line.size() || line[length] == ':';
  const bool begins = length != 0 && std::isdigit(static_cast<unsigned char>(line[0])) == 0;
  return ends && begins && length <= max_exception_type_bytes ? line.substr(0, length)
                                                              : std::string_view{};
}

std::optional<Traceback> read(std::string_view text)
{
  Traceback traceback;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (auto frame = frame_of(line)) {
      traceback.lines.push_back(std::move(*frame));
      continue;
    }
    // Source lines and their marks are indented.
    if (line.empty() || line.starts_with(' ') || traceback.lines.empty())
      continue;
    traceback.type = type_of(line);
    if (traceback.type.empty())
      return std::nullopt;
    std::ranges::reverse(traceback.lines);
    return traceback;
  }
  return std::nullopt;
}

} // namespace

std::optional<Traceback> parse_traceback(std::string_view text)
{
  const std::size_t begin = text.rfind(traceback_first_line);
  if (begin != std::string_view::npos)
    text.remove_prefix(begin + traceback_first_line.size());
  else if (const std::size_t frame = text.find(file_prefix); frame != std::string_view::npos)
    text.remove_prefix(frame);
  if (text.starts_with("\\n"))
    return read(unescaped(text));
  return read(text);
}

} // namespace linger::decode
