// Endpoints from paths: /user/17/orders and /user/4711/orders are one route, /user/{}/orders.

#pragma once

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace linger::domain {

/// Replaces a path's variable segments by "{}": numbers, UUIDs, hexadecimal hashes, long opaque
/// tokens, e-mail addresses, dates. Patterns given by the user ("/shop/{}/item/{}", where {} stands
/// for one whole segment) are tried first, in order, and win. Immutable, cheap to copy,
/// thread-safe.
class RouteTable {
public:
  RouteTable();
  /// Fails as `usage` when a pattern does not start with '/' or a segment mixes {} with text.
  [[nodiscard]] static Result<RouteTable> with_patterns(const std::vector<std::string> &patterns);

  /// `path` without its query; if there is one all the same, it is dropped, and so is the host of
  /// "http://host/path" and what follows ';' in a segment. "*" stays. What is no path gives
  /// "(malformed)". The result is printable ASCII of at most 16 segments ("/..." stands for the
  /// rest); a segment that is shown with more than 64 bytes is taken for a variable one.
  [[nodiscard]] std::string route_of(std::string_view path) const;

private:
  struct Pattern {
    std::vector<std::string> segments;
    std::string route;
  };
  std::shared_ptr<const std::vector<Pattern>> patterns_;
};

} // namespace linger::domain
