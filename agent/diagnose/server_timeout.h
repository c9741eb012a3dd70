// The time after which a server ends a worker whose request is not over.

#pragma once

#include "domain/cause.h"
#include "domain/server.h"
#include "domain/time.h"

#include <optional>
#include <string>

namespace linger::diagnose {

/// "--timeout", "--harakiri".
[[nodiscard]] std::string timeout_option(domain::ServerKind kind);

/// How long a request of this server may last before its worker is ended; nothing where requests
/// have no such limit: threads and event loops of Gunicorn show themselves while requests run.
[[nodiscard]] std::optional<domain::Nanos> request_timeout(const domain::Server &server);

/// What to do for a request that lasts too long because of `cause`, at the line `code`; both names
/// may be empty.
[[nodiscard]] std::string shorter_request(const std::string &endpoint, domain::Cause cause,
                                          const std::string &code, const domain::Server &server);

} // namespace linger::diagnose
