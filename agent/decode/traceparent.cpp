#include "decode/traceparent.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace linger::decode {
namespace {

// "VV-TRACE-SPAN-FF"
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = trace_at + 32 + 1;
constexpr std::size_t flags_at = span_at + 16 + 1;
constexpr std::size_t size = flags_at + 2;

/// Lower case alone is allowed.
std::optional<std::uint8_t> digit(char c)
{
  if (c >= '0' && c <= '9')
    return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

/// As many bytes as `bytes` has; false where there is something else than digits.
bool read(std::string_view digits, std::span<std::uint8_t> bytes)
{
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto high = digit(digits[2 * i]);
    const auto low = digit(digits[2 * i + 1]);
    if (!high || !low)
      return false;
    bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return true;
}

bool all_zero(std::span<const std::uint8_t> bytes)
{
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

} // namespace

std::optional<domain::TraceContext> decode_traceparent(std::string_view value)
{
  constexpr std::uint8_t no_version = 0xff;
  if (value.size() < size || value[trace_at - 1] != '-' || value[span_at - 1] != '-' ||
      value[flags_at - 1] != '-')
    return std::nullopt;
  std::uint8_t version = 0;
  domain::TraceContext context;
  if (!read(value, { &version, 1 }) || !read(value.substr(trace_at), context.trace_id) ||
      !read(value.substr(span_at), context.span_id) ||
      !read(value.substr(flags_at), { &context.flags, 1 }))
    return std::nullopt;
  const bool has_more = value.size() > size;
  if (version == no_version || (has_more && (version == 0 || value[size] != '-')))
    return std::nullopt;
  if (all_zero(context.trace_id) || all_zero(context.span_id))
    return std::nullopt;
  return context;
}

} // namespace linger::decode
