// The first line of an HTTP/1 message (RFC 9112, sections 3 and 4), from as many bytes as were
// captured.

#pragma once

#include "domain/trace_context.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linger::decode {

struct RequestLine {
  std::string method;
  /// Without scheme, authority, query and fragment; "*" stays. "/" for a target that is
  /// an authority alone. Bytes that are not printable ASCII are percent-encoded.
  std::string path;
  /// The captured bytes end inside the request target.
  bool truncated = false;
  /// They end inside of its path.
  bool path_truncated = false;
  /// Where the client says so, and that was captured whole.
  std::optional<domain::TraceContext> trace = std::nullopt;
};

/// nullopt when the bytes do not begin an HTTP/1 request. Empty lines before it are passed over
/// (RFC 9112, 2.2).
[[nodiscard]] std::optional<RequestLine> decode_request_line(std::span<const std::byte> head);

/// The same for bytes whose beginning may be the rest of another request's body: the last request
/// line in them, with one of the methods of RFC 9110 and RFC 5789.
[[nodiscard]] std::optional<RequestLine> find_request_line(std::span<const std::byte> bytes);

/// What follows the first request in `bytes`: the next one, where a client sent several at once.
/// nullopt when the first one is not whole, or its body has no stated length.
[[nodiscard]] std::optional<std::span<const std::byte>>
behind_request(std::span<const std::byte> bytes);

/// How the end of a response's body is known (RFC 9112, 6.3).
enum class BodyEnd {
  unknown, // the captured bytes end inside of the head, or it contradicts itself
  stated,  // by its length
  chunks,  // by the last chunk
  close,   // by the end of the connection
};

struct ResponseHead {
  /// 100 to 999.
  int status = 0;
  BodyEnd body_end = BodyEnd::unknown;
  /// Bytes of head and body together, where BodyEnd::stated; else nullopt.
  std::optional<std::uint64_t> total_bytes;
};

/// nullopt when the bytes begin neither an HTTP/1 response nor one of CGI ("Status: 200 OK").
/// `method` is the request's: the response to HEAD has no body, whatever it states (RFC 9112, 6.3).
[[nodiscard]] std::optional<ResponseHead> decode_response_head(std::span<const std::byte> head,
                                                               std::string_view method);

} // namespace linger::decode
