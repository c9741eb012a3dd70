#include "decode/http_head.h"

#include "decode/request_path.h"
#include "decode/traceparent.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

namespace linger::decode {
namespace {

constexpr std::string_view blank_line = "\r\n\r\n";

std::string_view text_of(std::span<const std::byte> bytes)
{
  return { reinterpret_cast<const char *>(bytes.data()), bytes.size() };
}

/// ASCII's, whatever the locale.
constexpr char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view left, std::string_view right)
{
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

/// The value of a header field; nullopt when it is not there.
std::optional<std::string_view> field(std::string_view head, std::string_view name)
{
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    if (!equals_ignoring_case(head.substr(line, name.size()), name) ||
        head.substr(line + name.size(), 1) != ":")
      continue;
    std::string_view value = head.substr(line + name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value.substr(0, value.find_last_not_of(" \t") + 1);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text)
{
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// Of the request that `text` begins with, as far as it was captured.
std::optional<domain::TraceContext> trace_in(std::string_view text)
{
  // The last line may have been cut, and so is not looked at.
  const std::string_view head = text.substr(0, text.find(blank_line));
  const std::string_view lines =
      head.size() == text.size() ? head.substr(0, head.rfind("\r\n")) : head;
  const auto value = field(lines, "traceparent");
  return value ? decode_traceparent(*value) : std::nullopt;
}

/// `head` is whole.
void find_body_end(std::string_view head, std::string_view method, ResponseHead &response)
{
  constexpr std::string_view chunked = "chunked";
  const std::uint64_t head_bytes = head.size() + blank_line.size();
  const auto coding = field(head, "transfer-encoding");
  const auto length = field(head, "content-length");
  std::optional<std::uint64_t> body_bytes;
  if (method == "HEAD" || response.status < 200 || response.status == 204 || response.status == 304)
    body_bytes = 0;
  else if (coding && coding->size() >= chunked.size() &&
           equals_ignoring_case(coding->substr(coding->size() - chunked.size()), chunked))
    response.body_end = BodyEnd::chunks;
  else if (coding || !length)
    response.body_end = BodyEnd::close;
  else
    body_bytes = number_of(*length);

  if (body_bytes && *body_bytes <= std::numeric_limits<std::uint64_t>::max() - head_bytes) {
    response.body_end = BodyEnd::stated;
    response.total_bytes = head_bytes + *body_bytes;
  }
}

/// The three characters in the status's place: of "HTTP/1.1 200 OK", or of "Status: 200 OK" (RFC
/// 3875, 6.3.3), which is how mod_wsgi's processes answer Apache.
std::optional<std::string_view> status_in(std::string_view text)
{
  constexpr std::string_view cgi = "Status: ";
  constexpr std::size_t http_bytes = 9;
  constexpr std::size_t digits = 3;
  const bool is_http =
      text.starts_with("HTTP/1.") && text.size() >= http_bytes && text[http_bytes - 1] == ' ';
  if (!is_http && !text.starts_with(cgi))
    return std::nullopt;
  const std::string_view status = text.substr(is_http ? http_bytes : cgi.size(), digits);
  if (status.size() < digits)
    return std::nullopt;
  return status;
}

} // namespace

std::optional<RequestLine> decode_request_line(std::span<const std::byte> head)
{
  std::string_view text = text_of(head);
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));

  const std::size_t method_end = text.find(' ');
  if (method_end == std::string_view::npos || !is_method(text.substr(0, method_end)))
    return std::nullopt;
  const std::string_view method = text.substr(0, method_end);
  text.remove_prefix(method_end + 1);

  const std::size_t target_end = text.find_first_of(" \r\n");
  const bool truncated = target_end == std::string_view::npos;
  std::string_view target = text.substr(0, target_end);
  if (!truncated) {
    // "HTTP/1.1", as far as it was captured.
    const std::string_view version = text.substr(target_end).substr(1, 7);
    if (text[target_end] != ' ' || !std::string_view("HTTP/1.").starts_with(version))
      return std::nullopt;
  }
  if (target.empty() && !truncated)
    return std::nullopt;
  if (method == "CONNECT")
    return RequestLine{ std::string(method), "/", truncated, false, trace_in(text) };

  auto path = path_of_target(target);
  if (!path)
    return std::nullopt;
  return RequestLine{ std::string(method), std::move(*path), truncated,
                      truncated && is_path_only(target), trace_in(text) };
}

std::optional<RequestLine> find_request_line(std::span<const std::byte> bytes)
{
  static constexpr std::array<std::string_view, 9> methods{
    "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT ",
  };
  const std::string_view text = text_of(bytes);
  const std::size_t version = text.rfind(" HTTP/1.");
  if (version == std::string_view::npos)
    return std::nullopt;
  // A target holds no space, so the method ends at the last one before the version.
  const std::size_t space = text.substr(0, version).rfind(' ');
  if (space == std::string_view::npos)
    return std::nullopt;
  const std::string_view before = text.substr(0, space + 1);
  for (const std::string_view method : methods) {
    if (before.ends_with(method))
      return decode_request_line(bytes.subspan(before.size() - method.size()));
  }
  return std::nullopt;
}

std::optional<std::span<const std::byte>> behind_request(std::span<const std::byte> bytes)
{
  const std::string_view text = text_of(bytes);
  const std::size_t end = text.find(blank_line);
  if (end == std::string_view::npos)
    return std::nullopt;
  const std::string_view head = text.substr(0, end);
  if (field(head, "transfer-encoding"))
    return std::nullopt;
  const auto length = field(head, "content-length");
  const auto body_bytes = length ? number_of(*length) : 0;
  const std::size_t left_bytes = bytes.size() - end - blank_line.size();
  if (!body_bytes || *body_bytes > left_bytes)
    return std::nullopt;
  return bytes.last(left_bytes - *body_bytes);
}

std::optional<ResponseHead> decode_response_head(std::span<const std::byte> head,
                                                 std::string_view method)
{
  const std::string_view text = text_of(head);
  const auto status = status_in(text);
  if (!status)
    return std::nullopt;
  ResponseHead response;
  for (const char c : *status) {
    if (c < '0' || c > '9')
      return std::nullopt;
    response.status = response.status * 10 + (c - '0');
  }
  if (response.status < 100)
    return std::nullopt;

  const std::size_t end = text.find(blank_line);
  if (end != std::string_view::npos)
    find_body_end(text.substr(0, end), method, response);
  return response;
}

} // namespace linger::decode
