#include "decode/traceback_decoder.h"

#include "decode/record.h"

#include "wire/traceback_record.h"

namespace linger::decode {

Result<TracebackPiece> decode_traceback(std::span<const std::byte> bytes)
{
  constexpr std::size_t fixed_bytes = offsetof(traceback_record, text);
  if (bytes.size() < fixed_bytes || bytes.size() > sizeof(traceback_record))
    return malformed("traceback_record", std::to_string(bytes.size()) + " bytes");
  traceback_record record;
  std::memcpy(&record, bytes.data(), bytes.size());
  if (bytes.size() != fixed_bytes + record.text_bytes)
    return malformed("traceback_record", std::to_string(record.text_bytes) + " bytes of text in " +
                                             std::to_string(bytes.size()) + " bytes");
  if ((record.flags & ~static_cast<std::uint32_t>(TRACEBACK_BEGINS | TRACEBACK_CUT)) != 0)
    return malformed("traceback_record", "unknown flags " + std::to_string(record.flags));
  const auto text = bytes.subspan(fixed_bytes);
  return TracebackPiece{ .tgid = record.tgid,
                         .tid = record.tid,
                         .sequence = record.sequence,
                         .begins = (record.flags & TRACEBACK_BEGINS) != 0,
                         .text = std::string(reinterpret_cast<const char *>(text.data()),
                                             text.size()) };
}

} // namespace linger::decode
