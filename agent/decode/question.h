// What was asked of a peer, as people know it, from the first bytes that were sent.

#pragma once

#include "decode/prepared_statements.h"
#include "domain/cause.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linger::decode {

struct Question {
  /// The first bytes of what was sent.
  std::span<const std::byte> bytes;
  /// How many were sent in all.
  std::uint64_t sent_bytes = 0;
  /// The same for everything that is sent on one connection, and for nothing else.
  std::uint64_t connection = 0;

  [[nodiscard]] bool cut() const { return bytes.size() < sent_bytes; }
};

/// "SELECT name FROM cart WHERE id = ?", "GET ?", "POST /pay/{}", "A api.example.com". No literal,
/// key, value or query string is in it, wherever the captured bytes end. Empty when the bytes are
/// of no protocol that peers of this cause are known to speak. `prepared` is read and added to.
[[nodiscard]] std::string decode_question(domain::Cause cause, const Question &question,
                                          PreparedStatements &prepared);

} // namespace linger::decode
