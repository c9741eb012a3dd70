// Observations to the payloads of a recording's frames, and back.

#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace linger::serve {

/// What stands at the head of a recording.
struct RecordingInfo {
  std::string agent_version;
  /// When the recording began.
  domain::ClockAnchor clock;
};

/// The mark at the end of a recording that was finished.
struct RecordingEnd {
  std::uint64_t observations = 0;
};

/// Something that this build has no word for: a newer agent wrote it.
struct UnknownFrame {};

using FramePayload = std::variant<domain::Observation, RecordingInfo, RecordingEnd, UnknownFrame>;

[[nodiscard]] std::string encode_observation(const domain::Observation &observation);
[[nodiscard]] std::string encode_info(const RecordingInfo &info);
[[nodiscard]] std::string encode_end(RecordingEnd end);

/// Fails as `malformed` when the bytes are no frame, or hold a time, span or count that cannot be:
/// what comes out can be calculated with without overflow.
[[nodiscard]] Result<FramePayload> decode_payload(std::string_view payload);

} // namespace linger::serve
