// What Gunicorn's settings come to.

#pragma once

#include "discover/settings.h"
#include "domain/server.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace linger::discover {

/// Python's int(text, 0), and int(text) for the forms the two share; nullopt for anything else, for
/// negative numbers and for more than 32 bits.
[[nodiscard]] std::optional<std::uint32_t> count_in(std::string_view text);

/// Fills in worker_class, workers_configured, threads_per_worker, timeout_seconds, preload and
/// max_requests, and `app` where it is empty, with a gap for each that could not be found out.
/// `server.workers` must be filled in: their number stands for one that is not known.
void apply(const Configuration &configuration, domain::Server &server);

} // namespace linger::discover
