// In which ways the requests of an endpoint failed.

#pragma once

#include "domain/observation.h"
#include "domain/report.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace linger::domain {

/// It got no response, or one that blames the server.
[[nodiscard]] bool is_failed(const Request &request);

/// Counts failed requests by status, exception and line. Of more than `limit` different ones the
/// further are counted by their status alone. Not thread-safe.
class FailureTable {
public:
  static constexpr std::size_t limit = 64;

  /// Of a failed request.
  void add(const Request &request);

  /// The most frequent first.
  [[nodiscard]] std::vector<FailureReport> report() const;

private:
  using Key = std::tuple<int, std::string, std::string>;
  std::map<Key, std::uint64_t> requests_;
};

} // namespace linger::domain
