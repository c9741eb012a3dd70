// What was waited on, by cause, peer, line and statement, and whether it held up an event loop.

#pragma once

#include "domain/observation.h"
#include "domain/report.h"

#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace linger::domain {

/// Sums waits by site. Holds at most `limit` different ones; further ones are summed under (cause,
/// "(other)"), so that the totals by cause stay true. Not thread-safe.
class SiteTable {
public:
  explicit SiteTable(std::size_t limit) : limit_(limit) {}

  void add(const Wait &wait);

  /// Adds the waits of one request: each of its sites counts one request more.
  void add_request(const SiteTable &request);

  /// The time for which these waits held up an event loop.
  [[nodiscard]] Nanos held_loop() const;

  /// The `count` sites with the most total time, the most first.
  [[nodiscard]] std::vector<SiteReport> top(std::size_t count) const;

private:
  struct Site {
    Cause cause = Cause::other;
    bool held_loop = false;
    std::string what;
    std::string code;
    std::string statement;

    auto operator<=>(const Site &) const = default;
  };
  struct Spent {
    std::uint64_t waits = 0;
    std::uint64_t repeated = 0;
    Nanos total{};
    Nanos max{};
    std::uint64_t requests = 0;
  };

  [[nodiscard]] Spent &spent_on(const Site &site);

  std::size_t limit_;
  std::map<Site, Spent> sites_;
};

} // namespace linger::domain
