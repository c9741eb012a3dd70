// What a recording shows.

#pragma once

#include "app/config.h"
#include "base/result.h"
#include "domain/evidence.h"

#include <cstdint>
#include <string>

namespace linger::app {

struct RecordedEvidence {
  domain::Evidence evidence;
  /// Observations of a newer Linger, which are left out.
  std::uint64_t skipped = 0;
};

struct ReadOptions {
  /// As Evidence takes it.
  bool profiled = false;
  /// Gets every request that is counted, if there is one.
  domain::RequestSink sink;
};

/// Reads the recording to its end. Of the configuration, the routes count. `usage` when there is no
/// such file; otherwise fails as RecordingReader does.
[[nodiscard]] Result<RecordedEvidence> read_evidence(const std::string &path, const Config &config,
                                                     ReadOptions options = {});

/// A sentence on what was left out; empty when nothing was.
[[nodiscard]] std::string left_out(const RecordedEvidence &recorded);

} // namespace linger::app
