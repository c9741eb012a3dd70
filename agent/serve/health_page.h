// Whether the agent works, for those who restart it where it does not: /healthz.

#pragma once

#include "serve/agent_view.h"

namespace httplib {
class Server;
}

namespace linger::serve {

/// Answers GET /healthz with 200 while the agent collects, and with 503 and the reason where it
/// does not; at once, in either case. `agent` must outlive the server.
void serve_health(httplib::Server &server, AgentView &agent);

} // namespace linger::serve
