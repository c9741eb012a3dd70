#include "decode/mod_wsgi_vars.h"

#include "decode/request_path.h"
#include "decode/traceparent.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace linger::decode {
namespace {

constexpr std::size_t numbers_bytes = 2 * sizeof(std::uint64_t);
constexpr std::uint64_t most_bytes = 64 << 20;

/// Takes the next string off `rest`. One that the bytes end inside of is cut, and `truncated` set.
std::string_view take_string(std::string_view &rest, bool &truncated)
{
  const std::size_t end = rest.find('\0');
  truncated = end == std::string_view::npos;
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(truncated ? rest.size() : end + 1);
  return text;
}

/// The strings; nullopt when the numbers in front of them cannot be.
std::optional<std::string_view> strings_in(std::span<const std::byte> bytes)
{
  std::uint64_t size = 0;
  std::uint64_t count = 0;
  if (bytes.size() < numbers_bytes)
    return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof size);
  std::memcpy(&count, bytes.data() + sizeof size, sizeof count);
  if (size <= sizeof count || size > most_bytes || count < 2 || count % 2 != 0 || count > size)
    return std::nullopt;
  const std::span<const std::byte> strings = bytes.subspan(numbers_bytes);
  return std::string_view(reinterpret_cast<const char *>(strings.data()), strings.size());
}

} // namespace

std::optional<RequestLine> decode_mod_wsgi_vars(std::span<const std::byte> bytes)
{
  const auto strings = strings_in(bytes);
  if (!strings)
    return std::nullopt;
  std::string_view rest = *strings;
  std::string_view method;
  std::optional<domain::TraceContext> trace;
  for (bool truncated = rest.empty(); !truncated;) {
    const std::string_view name = take_string(rest, truncated);
    if (truncated)
      break;
    const std::string_view value = take_string(rest, truncated);
    if (name == "REQUEST_METHOD" && !truncated) {
      method = value;
    } else if (name == "HTTP_TRACEPARENT" && !truncated) {
      trace = decode_traceparent(value);
    } else if (name == "REQUEST_URI") {
      auto path = path_of_target(value);
      if (!is_method(method) || !path)
        break;
      return RequestLine{ std::string(method), std::move(*path), truncated,
                          truncated && is_path_only(value), trace };
    }
  }
  if (!is_method(method))
    return std::nullopt;
  return RequestLine{ std::string(method), "/", true, true, trace };
}

} // namespace linger::decode
