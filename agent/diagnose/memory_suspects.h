// Which workers' memory is worth a closer look, and whether the look told enough.

#pragma once

#include "diagnose/thresholds.h"
#include "domain/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::diagnose {

struct MemorySuspect {
  /// master_tgid.
  std::uint32_t server = 0;
  /// The worker that grew most.
  std::uint32_t tgid = 0;
  std::string endpoint;
  /// A clause that goes on after "because": what was measured.
  std::string reason;
};

/// One a server at most: the endpoint that keeps most of those that memory-retained names by the
/// growth tier, with a lower bound of at least what the threshold asks of the estimate. `report`
/// holds its findings. A server without a living worker has none.
[[nodiscard]] std::vector<MemorySuspect> memory_suspects(const domain::Report &report,
                                                         const Thresholds &thresholds);

/// Whether the census found holders of at least half of what the worker grew by meanwhile,
/// `grown_bytes` of anonymous memory.
[[nodiscard]] bool is_explained(const domain::HeapGrowth &growth, std::int64_t grown_bytes);

/// What came of a census, in a sentence.
[[nodiscard]] std::string outcome_of(const domain::HeapGrowth &growth, std::int64_t grown_bytes);

} // namespace linger::diagnose
