#include "serve/http_server.h"

#include "base/socket.h"
#include "unit/serve/fake_agent_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

namespace linger::serve {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class HttpServerTest : public testing::Test {
protected:
  void start(HttpOptions options = {})
  {
    Result<HttpServer> server = HttpServer::start("127.0.0.1:0", agent_, options);
    ASSERT_TRUE(server) << server.error().what;
    server_.emplace(std::move(*server));
  }

  [[nodiscard]] httplib::Result get(const std::string &path, const httplib::Headers &headers = {})
  {
    return httplib::Client{ "http://" + server_->address() }.Get(path, headers);
  }

  FakeAgentView agent_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesMetricsInTheFormatThatIsAskedFor)
{
  start();
  const httplib::Result plain = get("/metrics");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 200);
  EXPECT_THAT(plain->get_header_value("Content-Type"), HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(plain->body, HasSubstr("linger_agent_requests_seen_total 7\n"));

  const httplib::Result open = get("/metrics", { { "Accept", "application/openmetrics-text" } });
  ASSERT_TRUE(open);
  EXPECT_THAT(open->body, testing::EndsWith("# EOF\n"));
}

TEST_F(HttpServerTest, SaysWhyThereAreNoMetrics)
{
  start();
  agent_.fail_with({ Error::Kind::internal, "collecting ended" });
  const httplib::Result answer = get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("collecting ended"));
}

TEST_F(HttpServerTest, TellsTheFindingsThatHold)
{
  domain::Finding finding;
  finding.rule = "slow-query";
  agent_.set_findings({ finding });
  start();
  EXPECT_THAT(get("/metrics")->body, HasSubstr("rule=\"slow-query\""));
}

TEST_F(HttpServerTest, RefusesNamesThatAPageInABrowserCouldUse)
{
  start();
  EXPECT_EQ(get("/metrics", { { "Host", "evil.example:9464" } })->status, 403);
  EXPECT_EQ(get("/metrics", { { "Host", "localhost:9464" } })->status, 200);

  EXPECT_TRUE(is_local_host_header("127.0.0.1"));
  EXPECT_TRUE(is_local_host_header("[::1]:9464"));
  EXPECT_FALSE(is_local_host_header("[evil]"));
  EXPECT_FALSE(is_local_host_header("[::1"));
  EXPECT_FALSE(is_local_host_header("localhost.evil.example"));
}

TEST_F(HttpServerTest, SaysThatThePortIsTaken)
{
  start();
  const Result<HttpServer> second = HttpServer::start(server_->address(), agent_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().what, HasSubstr("Address already in use"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoPlaceForIt)
{
  EXPECT_EQ(HttpServer::start("unix:///tmp/x", agent_).error().kind, Error::Kind::usage);
  EXPECT_EQ(HttpServer::start("0.0.0.0:0", agent_).error().kind, Error::Kind::usage);
  EXPECT_TRUE(HttpServer::start("0.0.0.0:0", agent_, { .allow_remote = true }));
}

TEST_F(HttpServerTest, EndsWhileSomebodyIsConnected)
{
  start();
  httplib::Client kept{ "http://" + server_->address() };
  kept.set_keep_alive(true);
  ASSERT_TRUE(kept.Get("/"));
  server_->stop();
  server_->stop();
  EXPECT_FALSE(kept.Get("/"));
}

} // namespace
} // namespace linger::serve
