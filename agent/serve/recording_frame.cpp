#include "serve/recording_frame.h"

#include "serve/crc32c.h"

#include <cassert>

namespace linger::serve {
namespace {

void append_u32(std::string &bytes, std::uint32_t value)
{
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(value >> shift & 0xffU);
}

std::uint32_t u32_at(std::string_view bytes, std::size_t offset)
{
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8U | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

} // namespace

void append_preamble(std::string &file)
{
  file += recording_magic;
  append_u32(file, recording_version);
}

void append_frame(std::string &file, std::string_view payload)
{
  assert(payload.size() <= most_payload_bytes);
  const std::size_t head = file.size();
  append_u32(file, static_cast<std::uint32_t>(payload.size()));
  append_u32(file, crc32c(std::string_view(file).substr(head)));
  append_u32(file, crc32c(payload));
  file += payload;
}

std::optional<std::uint32_t> decode_preamble(const PreambleBytes &bytes)
{
  const std::string_view view(bytes.data(), bytes.size());
  if (!view.starts_with(recording_magic))
    return std::nullopt;
  return u32_at(view, recording_magic.size());
}

std::optional<FrameHead> decode_frame_head(const FrameHeadBytes &bytes)
{
  const std::string_view view(bytes.data(), bytes.size());
  const FrameHead head{ .payload_size = u32_at(view, 0), .payload_check = u32_at(view, 8) };
  if (u32_at(view, 4) != crc32c(view.substr(0, 4)) || head.payload_size > most_payload_bytes)
    return std::nullopt;
  return head;
}

} // namespace linger::serve
