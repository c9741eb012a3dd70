#include "decode/uwsgi_vars.h"

#include "decode/request_path.h"
#include "decode/traceparent.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace linger::decode {
namespace {

/// Takes the next string off `rest`; nullopt when not even its length is there. A string that the
/// bytes end inside of is cut, and `truncated` set.
std::optional<std::string_view> take_string(std::string_view &rest, bool &truncated)
{
  if (rest.size() < 2)
    return std::nullopt;
  const std::size_t length = static_cast<unsigned char>(rest[0]) |
                             static_cast<std::size_t>(static_cast<unsigned char>(rest[1])) << 8;
  rest.remove_prefix(2);
  truncated = length > rest.size();
  const std::string_view text = rest.substr(0, length);
  rest.remove_prefix(text.size());
  return text;
}

} // namespace

std::optional<RequestLine> decode_uwsgi_vars(std::span<const std::byte> vars)
{
  std::string_view rest(reinterpret_cast<const char *>(vars.data()), vars.size());
  std::string_view method;
  std::optional<std::string> path;
  std::optional<domain::TraceContext> trace;
  bool target_truncated = false;
  bool path_truncated = false;
  for (bool truncated = false; !truncated;) {
    const auto name = take_string(rest, truncated);
    if (!name || truncated)
      break;
    const auto value = take_string(rest, truncated);
    if (!value)
      break;
    if (*name == "REQUEST_METHOD" && !truncated) {
      method = *value;
    } else if (*name == "HTTP_TRACEPARENT" && !truncated) {
      trace = decode_traceparent(*value);
    } else if (*name == "REQUEST_URI" || (*name == "PATH_INFO" && !path)) {
      if (auto found = *name == "PATH_INFO" ? encoded_path(*value) : path_of_target(*value)) {
        path = std::move(found);
        target_truncated = truncated;
        path_truncated = truncated && is_path_only(*value);
      }
    }
  }
  if (!is_method(method) || !path)
    return std::nullopt;
  return RequestLine{ std::string(method), std::move(*path), target_truncated, path_truncated,
                      trace };
}

} // namespace linger::decode
