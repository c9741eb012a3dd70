// Figures as people read them: three digits and a unit.

#pragma once

#include "domain/time.h"

#include <string>

namespace linger::diagnose {

/// "81.3 ms", "950 ns", "2.50 s".
[[nodiscard]] std::string human_time(domain::Nanos time);

/// "28.0 KiB", "512 B", "1.50 GiB", "-3.00 MiB".
[[nodiscard]] std::string human_bytes(double bytes);

/// "93 %"; "0.4 %" below 1 %.
[[nodiscard]] std::string human_share(double ratio);

} // namespace linger::diagnose
