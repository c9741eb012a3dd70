#pragma once

#include "base/result.h"
#include "decode/prepared_statements.h"
#include "domain/observation.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace linger::decode {

/// What is known of peers beyond the record.
struct KnownToWaits {
  /// What the peer at an address is called: "127.0.0.1:5432" -> "postgresql".
  std::map<std::string, std::string> peer_names;
  PreparedStatements prepared;
};

/// Turns the bytes of a struct wait_record into a wait. Fails as `malformed` when size, cause or
/// times are impossible. What was asked of a peer ends here, but for its statement.
[[nodiscard]] Result<domain::Wait> decode_wait(std::span<const std::byte> record,
                                               KnownToWaits &known);

} // namespace linger::decode
