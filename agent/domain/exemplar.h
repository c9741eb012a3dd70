// Requests of which a trace can be found.

#pragma once

#include "domain/time.h"
#include "domain/trace_context.h"

#include <bit>
#include <cstdint>
#include <map>
#include <vector>

namespace linger::domain {

/// A request whose client records a trace.
struct Exemplar {
  TraceContext trace;
  Nanos wall{};
  /// When its response ended.
  MonotonicTime time;

  bool operator==(const Exemplar &) const = default;
};

/// Of the requests of each magnitude, a doubling of their wall time, the latest. So there are few,
/// and of long ones as many as of short ones. Not thread-safe.
class Exemplars {
public:
  void add(const Exemplar &exemplar)
  {
    const auto wall_ns = static_cast<std::uint64_t>(exemplar.wall.count());
    latest_.insert_or_assign(static_cast<unsigned>(std::bit_width(wall_ns)), exemplar);
  }

  /// The shortest first.
  [[nodiscard]] std::vector<Exemplar> all() const
  {
    std::vector<Exemplar> all;
    for (const auto &[magnitude, exemplar] : latest_)
      all.push_back(exemplar);
    return all;
  }

private:
  std::map<unsigned, Exemplar> latest_; // by magnitude
};

} // namespace linger::domain
