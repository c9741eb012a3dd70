// What Gunicorn's settings come to.

#pragma once

#include "discover/settings.h"
#include "domain/server.h"

namespace linger::discover {

/// Fills in worker_class, workers_configured, threads_per_worker, timeout_seconds, preload and
/// max_requests, and `app` where it is empty, with a gap for each that could not be found out.
/// `server.workers` must be filled in: their number stands for one that is not known.
void apply(const Configuration &configuration, domain::Server &server);

} // namespace linger::discover
