// What the decoders share: how a record's bytes become a struct, and its words domain words.

#pragma once

#include "base/result.h"
#include "domain/cause.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace linger::decode {

[[nodiscard]] inline tl::unexpected<Error> malformed(const char *record, const std::string &what)
{
  return failure(Error::Kind::malformed, std::string(record) + ": " + what);
}

[[nodiscard]] inline domain::MonotonicTime time_of(std::uint64_t ns)
{
  return domain::MonotonicTime{ domain::Nanos{ static_cast<std::int64_t>(ns) } };
}

[[nodiscard]] inline domain::Nanos nanos_of(std::uint64_t ns)
{
  return domain::Nanos{ static_cast<std::int64_t>(ns) };
}

/// 73 years of uptime, the most that a recording holds: sums and differences of two such times stay
/// in 64 bits.
inline constexpr std::uint64_t most_time_ns = 1ULL << 61;

/// nullopt for a number that is no cause.
[[nodiscard]] inline std::optional<domain::Cause> cause_of(std::uint32_t wire)
{
  if (wire >= domain::cause_count)
    return std::nullopt;
  return static_cast<domain::Cause>(wire);
}

/// A record of exactly this size.
template <typename Record>
[[nodiscard]] Result<Record> read_record(const char *name, std::span<const std::byte> bytes)
{
  Record record;
  if (bytes.size() != sizeof record)
    return malformed(name, "expected " + std::to_string(sizeof record) + " bytes, got " +
                               std::to_string(bytes.size()));
  std::memcpy(&record, bytes.data(), sizeof record);
  return record;
}

} // namespace linger::decode
