// Which endpoints have series of their own: few enough for any store of metrics.

#pragma once

#include "domain/report.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace linger::serve {

/// An endpoint that was told once is told for ever, and one that was not, never while the server
/// lives: so no series ever falls, that of the others included. Not thread-safe.
class ToldEndpoints {
public:
  explicit ToldEndpoints(std::size_t max_endpoints) : max_endpoints_(max_endpoints) {}

  /// The endpoints with series of their own; then, for each server that has more of them, the sum
  /// of its others with method "*" and route "(other)", without what cannot be added up (sites,
  /// memory). Servers without endpoints are forgotten. As there is room for more, those that took
  /// the most time come first.
  [[nodiscard]] std::vector<domain::EndpointReport>
  of(const std::vector<domain::EndpointReport> &endpoints);

private:
  using Name = std::pair<std::string, std::string>; // method and route

  [[nodiscard]] bool has_own(const domain::EndpointReport &endpoint);

  std::size_t max_endpoints_;
  std::map<std::uint32_t, std::set<Name>> own_; // by server
};

} // namespace linger::serve
