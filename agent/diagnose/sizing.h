// How many workers and threads a server would need, and how it is told to have them.

#pragma once

#include "diagnose/server_load.h"
#include "diagnose/thresholds.h"
#include "domain/finding.h"
#include "domain/server.h"

#include <cstdint>
#include <string>

namespace linger::diagnose {

/// Little's law: as many threads as had a request on average, with slack; at least one more than
/// there are, because a full server hides how many it would need.
[[nodiscard]] std::uint32_t needed_threads(const ServerLoad &load, const Thresholds &thresholds);

[[nodiscard]] std::uint32_t divided_up(std::uint32_t all, std::uint32_t by);

/// The options that give a server so many workers, of so many threads where `threads` is not 0.
[[nodiscard]] std::string options_for(domain::ServerKind kind, std::uint32_t workers,
                                      std::uint32_t threads);

/// Adds that the kernel turned connections away meanwhile, where it did.
void tell_turned_away(domain::Finding &finding, const ServerLoad &load,
                      const Thresholds &thresholds);

} // namespace linger::diagnose
