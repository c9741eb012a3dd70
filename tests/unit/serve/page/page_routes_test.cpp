#include "serve/page/page_routes.h"

#include "serve/http_server.h"
#include "unit/serve/fake_agent_view.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using testing::HasSubstr;

constexpr std::array files{
  PageFile{ .path = "/", .content_type = "text/html", .gzip = { "page\0x", 6 } },
  PageFile{ .path = "/assets/a.js", .content_type = "text/javascript", .gzip = "script" },
};

class PageRoutesTest : public testing::Test {
protected:
  PageRoutesTest() : PageRoutesTest(files) {}
  explicit PageRoutesTest(PageFiles page_files)
  {
    Result<HttpServer> server = HttpServer::start(
        "127.0.0.1:0", agent_, { .census_for_all = true, .page_files = page_files });
    EXPECT_TRUE(server);
    server_.emplace(std::move(*server));
  }

  [[nodiscard]] httplib::Client client() const
  {
    httplib::Client client{ "http://" + server_->address() };
    client.set_decompress(false);
    return client;
  }
  [[nodiscard]] httplib::Result get(const std::string &path, httplib::Headers headers = {}) const
  {
    headers.emplace("Accept-Encoding", "gzip, deflate");
    return client().Get(path, headers);
  }
  [[nodiscard]] httplib::Result census(const std::string &body,
                                       const httplib::Headers &headers = { { "X-Linger", "1" } },
                                       const char *type = "application/json") const
  {
    return client().Post("/api/v1/census", headers, body, type);
  }

  FakeAgentView agent_;
  std::optional<HttpServer> server_;
};

TEST_F(PageRoutesTest, TakesNoCensusUnlessAllMayHaveOne)
{
  server_.reset();
  Result<HttpServer> reading = HttpServer::start("127.0.0.1:0", agent_, { .page_files = files });
  ASSERT_TRUE(reading);
  server_.emplace(std::move(*reading));
  const httplib::Result refused = census("{\"worker\":101}");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_THAT(refused->body, HasSubstr("page_census"));
}

TEST_F(PageRoutesTest, ServesItsFilesAsTheyAre)
{
  const httplib::Result page = get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->body, std::string("page\0x", 6));
  EXPECT_EQ(page->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html");
  EXPECT_EQ(page->get_header_value("Cache-Control"), "no-cache");
  EXPECT_THAT(get("/assets/a.js")->get_header_value("Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(get("/assets/b.js")->status, 404);
}

TEST_F(PageRoutesTest, TellsWhoCannotDecompressHowTo)
{
  const httplib::Result page = client().Get("/", { { "Accept-Encoding", "identity" } });
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 406);
  EXPECT_THAT(page->body, HasSubstr("curl --compressed"));
}

TEST_F(PageRoutesTest, LetsABrowserLoadNothingFromElsewhere)
{
  for (const char *path : { "/", "/assets/a.js", "/metrics", "/nothing" }) {
    const httplib::Result answer = get(path);
    ASSERT_TRUE(answer);
    const std::string policy = answer->get_header_value("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'")) << path;
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'")) << path;
    EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe"))) << path;
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff") << path;
  }
}

TEST_F(PageRoutesTest, RefusesOtherNamesEverywhere)
{
  const httplib::Headers evil{ { "Host", "evil.example:9464" }, { "X-Linger", "1" } };
  for (const char *path : { "/", "/assets/a.js", "/api/v1/stream", "/metrics" })
    EXPECT_EQ(get(path, evil)->status, 403) << path;
  EXPECT_EQ(census("{\"worker\":101}", evil)->status, 403);
}

TEST_F(PageRoutesTest, AnswersNoPageOfAnotherSite)
{
  const httplib::Headers other{ { "Origin", "http://localhost:1" }, { "X-Linger", "1" } };
  EXPECT_EQ(census("{\"worker\":101}", other)->status, 403);
  EXPECT_EQ(get("/api/v1/stream", other)->status, 403);
  EXPECT_EQ(get("/api/v1/stream", { { "Sec-Fetch-Site", "cross-site" } })->status, 403);
  const httplib::Headers own{ { "Origin", "http://" + server_->address() },
                              { "Sec-Fetch-Site", "same-origin" },
                              { "X-Linger", "1" } };
  EXPECT_EQ(census("{\"worker\":101}", own)->status, 200);
}

TEST_F(PageRoutesTest, TakesACensusOnlyForWhoMeansIt)
{
  EXPECT_EQ(census("{\"worker\":101}", {})->status, 403);
  EXPECT_EQ(census("{\"worker\":101}", { { "X-Linger", "1" } }, "text/plain")->status, 403);
  EXPECT_EQ(client().Get("/api/v1/census", { { "X-Linger", "1" } })->status, 404);

  const httplib::Result taken = census(R"({"worker":101,"types":["Session"]})");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->status, 200);
  EXPECT_EQ(taken->get_header_value("Content-Type"), "application/json");
  EXPECT_THAT(taken->body, HasSubstr("\"type\":\"shop.Session\",\"objects\":\"1\""));
  EXPECT_THAT(taken->body, HasSubstr("`shop.KEPT`"));
}

TEST_F(PageRoutesTest, SaysWhyThereIsNoCensus)
{
  EXPECT_EQ(census("{\"worker\":7}")->status, 404);
  EXPECT_THAT(census("{\"worker\":7}")->body, HasSubstr("watched by nobody"));
  for (const char *body : { "", "no JSON", "{}", R"({"worker":101,"window":"10s"})",
                            R"({"worker":101,"unknown":1})", R"({"worker":-1})" })
    EXPECT_EQ(census(body)->status, 400) << body;
}

class WithoutPageTest : public PageRoutesTest {
protected:
  WithoutPageTest() : PageRoutesTest(PageFiles{}) {}
};

TEST_F(WithoutPageTest, SaysThatThisBuildHasNone)
{
  const httplib::Result answer = get("/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain");
  EXPECT_FALSE(server_->has_page());
}

TEST(PageOfAnOpenAddress, TakesNoCensus)
{
  FakeAgentView agent;
  const Result<HttpServer> server =
      HttpServer::start("0.0.0.0:0", agent, { .allow_remote = true, .page_files = files });
  ASSERT_TRUE(server);
  const std::string port = server->address().substr(server->address().rfind(':'));
  httplib::Client client{ "http://127.0.0.1" + port };
  const httplib::Result answer = client.Post("/api/v1/census", { { "X-Linger", "1" } },
                                             "{\"worker\":101}", "application/json");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
}

} // namespace
} // namespace linger::serve
