#include "serve/health_page.h"

#include "serve/http_library.h"

namespace linger::serve {

void serve_health(httplib::Server &server, AgentView &agent)
{
  server.Get("/healthz", [&agent](const httplib::Request &, httplib::Response &response) {
    // Servers are what only the collecting thread knows.
    const auto servers = agent.servers({});
    response.status = servers ? 200 : 503;
    response.set_content(servers ? "ok\n" : servers.error().what + "\n", "text/plain");
  });
}

} // namespace linger::serve
