// What changed from one set of findings to the next.

#pragma once

#include "domain/finding.h"

#include <map>
#include <string>
#include <vector>

namespace linger::serve {

/// Remembers the findings of one subscriber. Not thread-safe.
class FindingChanges {
public:
  enum class Kind { appeared, updated, resolved };

  struct Change {
    Kind kind;
    /// As it stands now; of one that resolved, as it stood last.
    domain::Finding finding;
  };

  /// The changes that `now` brings, by finding id: first those that appeared or were updated, in
  /// the order of `now`, then those that resolved. A finding counts as updated when its severity,
  /// title, detail or causes differ; of two with one id, the first counts. A finding that still
  /// holds was first seen when it appeared.
  [[nodiscard]] std::vector<Change> update(const std::vector<domain::Finding> &now);

private:
  std::map<std::string, domain::Finding> holding_;
};

} // namespace linger::serve
