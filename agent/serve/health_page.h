// Whether the agent works, for those who restart it where it does not: /healthz.

#pragma once

#include "serve/agent_view.h"

namespace httplib {
class Server;
}

namespace linger::serve {

/// Answers GET /healthz with 200 once the collecting thread has answered, and with 503 and the
/// reason where it cannot. As long as that thread is stuck, so is the answer. `agent` must outlive
/// the server.
void serve_health(httplib::Server &server, AgentView &agent);

} // namespace linger::serve
