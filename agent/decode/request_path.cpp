#include "decode/request_path.h"

#include <algorithm>

namespace linger::decode {
namespace {

constexpr std::size_t max_method_bytes = 20;

bool is_method_char(char c)
{
  return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

std::string_view without_origin(std::string_view target)
{
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos)
    return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

std::string printable(std::string_view path, std::string_view also_encoded)
{
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && also_encoded.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0xf];
    }
  }
  return out;
}

} // namespace

bool is_method(std::string_view text)
{
  // "-" is how the domain calls what is no request.
  return !text.empty() && text.size() <= max_method_bytes && text != "-" &&
         std::ranges::all_of(text, is_method_char);
}

std::optional<std::string> path_of_target(std::string_view target)
{
  // What stands behind '?' or '#' never leaves this function.
  target = without_origin(target.substr(0, target.find_first_of("?#")));
  if (!target.starts_with('/') && target != "*")
    return std::nullopt;
  return printable(target, "");
}

bool is_path_only(std::string_view target)
{
  return target.find_first_of("?#") == std::string_view::npos;
}

std::string cut_path(std::string_view path)
{
  return std::string(path.substr(0, path.rfind('/') + 1)) + "...";
}

std::optional<std::string> encoded_path(std::string_view path)
{
  if (!path.starts_with('/'))
    return std::nullopt;
  return printable(path, "?#");
}

} // namespace linger::decode
