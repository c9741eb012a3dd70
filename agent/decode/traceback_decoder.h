#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linger::decode {

/// What a thread wrote of a traceback at once, while it had a request. Its text holds the
/// exception's message: parse_traceback() is all that may be made of it.
struct TracebackPiece {
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  /// Of the request.
  std::uint64_t sequence = 0;
  /// It holds the first line, or did before it was cut.
  bool begins = false;
  std::string text;
};

/// Turns the bytes of a struct traceback_record into a piece. Fails as `malformed` when size or
/// flags are impossible.
[[nodiscard]] Result<TracebackPiece> decode_traceback(std::span<const std::byte> record);

} // namespace linger::decode
