// How a recording file is cut into frames: docs/design/recording.md.
//
//   file   = "LNGR"  format version (u32)  frame...
//   frame  = payload size (u32)  CRC-32C of those four bytes  CRC-32C of the payload  payload
//
// Integers are little-endian. The size has a check of its own, so that a damaged size is not taken
// for a file that was cut short.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linger::serve {

inline constexpr std::string_view recording_magic = "LNGR";
inline constexpr std::uint32_t recording_version = 1;
inline constexpr std::size_t preamble_size = 8;
inline constexpr std::size_t frame_head_size = 12;
/// A server list of 10,000 workers takes a hundredth of it.
inline constexpr std::uint32_t most_payload_bytes = 16U * 1024 * 1024;

using PreambleBytes = std::array<char, preamble_size>;
using FrameHeadBytes = std::array<char, frame_head_size>;

struct FrameHead {
  std::uint32_t payload_size = 0;
  std::uint32_t payload_check = 0;
};

void append_preamble(std::string &file);
/// `payload` has at most most_payload_bytes.
void append_frame(std::string &file, std::string_view payload);

/// The format version; none when these bytes do not begin a recording.
[[nodiscard]] std::optional<std::uint32_t> decode_preamble(const PreambleBytes &bytes);
/// None when the size does not match its check or is too large to be true.
[[nodiscard]] std::optional<FrameHead> decode_frame_head(const FrameHeadBytes &bytes);

} // namespace linger::serve
