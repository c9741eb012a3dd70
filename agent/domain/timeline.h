// When each worker was busy, and what with: the requests of a window that took the longest.

#pragma once

#include "domain/cause.h"
#include "domain/evidence.h"
#include "domain/time.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

/// Keeps the longest requests, whatever their number. Not thread-safe.
class Timeline {
public:
  static constexpr std::size_t max_bars = 600;

  struct Bar {
    std::uint32_t tgid = 0;
    /// Since the window began; while a thread was busy with it: without what it waited unaccepted
    /// or behind others.
    Nanos begin{};
    Nanos length{};
    /// What took the most of that time.
    Cause cause = Cause::other;
    Nanos cause_time{};
    /// 0 where there was no response.
    int status = 0;
    /// "GET /report/{}".
    std::string endpoint;
  };

  void add(const CountedRequest &counted);

  /// By worker and begin.
  [[nodiscard]] std::vector<Bar> bars() const;
  /// All that were added, and how many of them are kept.
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::size_t kept() const { return bars_.size(); }

private:
  std::vector<Bar> bars_; // a heap, the shortest first
  std::uint64_t requests_ = 0;
};

} // namespace linger::domain
