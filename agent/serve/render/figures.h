// Figures for people, three digits that count.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <google/protobuf/timestamp.pb.h>
#include <string>
#include <string_view>

namespace linger::serve {

/// "730 ns", "81.3 ms", "12.0 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string duration_text(domain::Nanos span);
[[nodiscard]] std::string duration_text(std::uint64_t ns);

/// "812 B", "28.7 KB", "-1.20 GB"; a KB has 1000 bytes.
[[nodiscard]] std::string bytes_text(double bytes);

/// The same with its sign, unless it is zero: "+2.10 MB".
[[nodiscard]] std::string growth_text(double bytes);

/// "1,203".
[[nodiscard]] std::string count_text(std::uint64_t count);

/// "1,203 requests", "1 request".
[[nodiscard]] std::string counted_text(std::uint64_t count, std::string_view noun);

/// "98 %"; "<1 %" for what is there but rounds to nothing.
[[nodiscard]] std::string percent_text(double ratio);

/// "2026-03-01 12:00:30 UTC".
[[nodiscard]] std::string date_text(const google::protobuf::Timestamp &time);

/// "12:00:30.123", UTC.
[[nodiscard]] std::string clock_text(const google::protobuf::Timestamp &time);

} // namespace linger::serve
