// Where the time went, in a few words.

#pragma once

#include "linger/v1/cause_times.pb.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace linger::serve {

struct CauseShare {
  /// "database".
  std::string cause;
  std::uint64_t spent_ns = 0;
};

/// The causes that took time, the most first.
[[nodiscard]] std::vector<CauseShare> shares_of(const v1::CauseTimes &times);

/// "database 80.1 ms (98 %), on_cpu 1.20 ms (1 %), other 0.3 ms (<1 %)": the mean over `requests`,
/// the most first, at most `most` causes; what the rest comes to is said. Empty when no time was
/// spent.
[[nodiscard]] std::string causes_text(const v1::CauseTimes &times, std::uint64_t requests,
                                      std::size_t most);

} // namespace linger::serve
