// The findings of many minutes.

#pragma once

#include "linger/v1/report.pb.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace linger::serve {

/// Each finding once, as it was in the latest of the minutes in which it was worst, with a sentence
/// about in how many it held. Not thread-safe.
class FindingSum {
public:
  /// Those of the next minute.
  void add(const v1::Report &report);

  /// The most severe first, of those that last the most first; what follows from another one behind
  /// that.
  [[nodiscard]] std::vector<v1::Finding> findings() const;

private:
  struct Held {
    v1::Finding worst;
    std::size_t minutes = 0;
  };
  std::map<std::string, Held> held_; // by id
  std::size_t minutes_ = 0;
};

} // namespace linger::serve
