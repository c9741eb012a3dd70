#include "domain/path_segment.h"

#include <algorithm>

namespace linger::domain {
namespace {

// <cctype> depends on the locale, and a route must not.
constexpr bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c)
{
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c)
{
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_hex(char c)
{
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr int hex_value(char c)
{
  if (is_digit(c))
    return c - '0';
  return is_lower(c) ? c - 'a' + 10 : c - 'A' + 10;
}

bool all_digits(std::string_view text)
{
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_number(std::string_view text)
{
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
  return all_digits(text);
}

bool is_uuid(std::string_view text)
{
  if (text.size() != 36)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i]))
      return false;
  }
  return true;
}

/// Words made of a to f ("feedface", "facade") have no digit and stay.
bool is_hash(std::string_view text)
{
  return text.size() >= 8 && std::ranges::all_of(text, is_hex) &&
         std::ranges::any_of(text, is_digit);
}

bool is_base64(char c)
{
  return is_digit(c) || is_lower(c) || is_upper(c) || c == '_' || c == '-' || c == '=' ||
         c == '+' || c == '/';
}

/// A JSON Web Token: three parts, of which the first is an encoded '{"'.
bool is_web_token(std::string_view text)
{
  return text.starts_with("eyJ") && std::ranges::count(text, '.') == 2 &&
         std::ranges::all_of(text, [](char c) { return c == '.' || is_base64(c); });
}

bool is_token(std::string_view text)
{
  if (text.size() < 16)
    return false;
  if (is_web_token(text))
    return true;
  const auto digits = std::ranges::count_if(text, is_digit);
  const bool lower = std::ranges::any_of(text, is_lower);
  const bool upper = std::ranges::any_of(text, is_upper);
  if (std::ranges::all_of(text, is_base64) && digits > 0 && lower && upper)
    return true;
  // ULIDs and their kin write one case only. Words of that length have no four digits.
  const bool alphanumeric =
      std::ranges::all_of(text, [](char c) { return is_digit(c) || is_lower(c) || is_upper(c); });
  return alphanumeric && text.size() >= 20 && digits >= 4;
}

bool is_mail_address(std::string_view text)
{
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0)
    return false;
  const std::string_view host = text.substr(at + 1);
  const std::size_t dot = host.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < host.size();
}

/// Two digits of at most `most`, at least 1.
bool is_part_of_date(std::string_view two, int most)
{
  if (!all_digits(two))
    return false;
  const int value = (two[0] - '0') * 10 + (two[1] - '0');
  return value >= 1 && value <= most;
}

/// "2024-02", "2024-02-29", "2024_02_29", "2024-02-29T10:00:00Z".
bool is_date(std::string_view text)
{
  if (text.size() < 7 || !all_digits(text.substr(0, 4)) || (text[4] != '-' && text[4] != '_') ||
      !is_part_of_date(text.substr(5, 2), 12))
    return false;
  if (text.size() == 7)
    return true;
  if (text.size() < 10 || text[7] != text[4] || !is_part_of_date(text.substr(8, 2), 31))
    return false;
  const std::string_view time = text.substr(10);
  return time.empty() || ((time[0] == 'T' || time[0] == ' ') && time.size() >= 3 &&
                          std::ranges::all_of(time.substr(1), [](char c) {
                            return is_digit(c) || c == ':' || c == '.' || c == '+' || c == '-' ||
                                   c == 'Z';
                          }));
}

} // namespace

std::string percent_decoded(std::string_view text)
{
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string percent_encoded(std::string_view text)
{
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (c > ' ' && c < '\x7f' && c != '{' && c != '}') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 0xfU];
    }
  }
  return encoded;
}

bool is_value(std::string_view segment)
{
  return is_number(segment) || is_uuid(segment) || is_hash(segment) || is_token(segment) ||
         is_mail_address(segment) || is_date(segment);
}

} // namespace linger::domain
