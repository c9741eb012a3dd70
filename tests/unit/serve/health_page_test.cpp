#include "serve/health_page.h"

#include "serve/http_library.h"
#include "serve/http_server.h"
#include "unit/serve/fake_agent_view.h"

#include <gmock/gmock.h>

namespace linger::serve {
namespace {

TEST(HealthPage, SaysWhetherTheAgentAnswers)
{
  FakeAgentView agent;
  const Result<HttpServer> server = HttpServer::start("127.0.0.1:0", agent);
  ASSERT_TRUE(server) << server.error().what;
  httplib::Client client{ "http://" + server->address() };

  const httplib::Result healthy = client.Get("/healthz");
  ASSERT_TRUE(healthy);
  EXPECT_EQ(healthy->status, 200);
  EXPECT_EQ(healthy->body, "ok\n");

  agent.fail_with({ Error::Kind::internal, "collecting ended" });
  const httplib::Result ill = client.Get("/healthz");
  ASSERT_TRUE(ill);
  EXPECT_EQ(ill->status, 503);
  EXPECT_THAT(ill->body, testing::HasSubstr("collecting ended"));
}

} // namespace
} // namespace linger::serve
