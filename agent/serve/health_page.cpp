#include "serve/health_page.h"

#include "serve/http_library.h"

namespace linger::serve {

void serve_health(httplib::Server &server, AgentView &agent)
{
  server.Get("/healthz", [&agent](const httplib::Request &, httplib::Response &response) {
    const Result<> health = agent.health();
    response.status = health ? 200 : 503;
    response.set_content(health ? "ok\n" : health.error().what + "\n", "text/plain");
  });
}

} // namespace linger::serve
