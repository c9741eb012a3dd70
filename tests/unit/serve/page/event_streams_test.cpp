#include "serve/page/event_streams.h"

#include "base/unique_fd.h"
#include "serve/http_listener.h"
#include "serve/http_server.h"
#include "unit/serve/fake_agent_view.h"
#include "unit/serve/page/stream_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <list>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class StreamsTest : public testing::Test {
protected:
  void SetUp() override
  {
    Result<HttpServer> server = HttpServer::start(
        "127.0.0.1:0", agent_, { .page_feed = { .interval = 50ms, .report_interval = 1h } });
    ASSERT_TRUE(server);
    server_.emplace(std::move(*server));
  }

  FakeAgentView agent_;
  std::optional<HttpServer> server_;
};

TEST_F(StreamsTest, BeginWithEverythingAndGoOn)
{
  agent_.set_findings({ finding_named("a") });
  StreamReader reader{ server_->address() };
  ASSERT_TRUE(eventually([&] { return reader.has("id: 1\n"); }));
  EXPECT_TRUE(reader.has("event: report\ndata: {"));
  EXPECT_TRUE(reader.has("\"GET /report/{} waits for the database\""));
  EXPECT_TRUE(reader.has("event: workers\ndata: {"));
  agent_.emit(request_numbered(1));
  EXPECT_TRUE(eventually([&] { return reader.has("event: request\ndata: {"); }));
  EXPECT_TRUE(reader.has("\"route\":\"/nap/{}\""));
}

TEST_F(StreamsTest, SubscribeToRequestsOnlyWhileSomebodyWatches)
{
  EXPECT_EQ(agent_.subscribers(), 0);
  {
    const StreamReader one{ server_->address() };
    const StreamReader another{ server_->address() };
    EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 0; }));
}

TEST_F(StreamsTest, CostNoMoreForMany)
{
  std::list<StreamReader> readers;
  for (int i = 0; i < 8; ++i)
    readers.emplace_back(server_->address());
  for (StreamReader &reader : readers)
    EXPECT_TRUE(eventually([&] { return reader.has("event: report"); }));
  EXPECT_EQ(agent_.reports(), 1);
}

TEST_F(StreamsTest, AreBoundedAndLeaveRoomForScrapers)
{
  std::list<StreamReader> readers;
  for (std::size_t i = 0; i < EventStreams::max_streams; ++i)
    readers.emplace_back(server_->address());
  for (StreamReader &reader : readers)
    ASSERT_TRUE(eventually([&] { return reader.has("event: report"); }));

  const httplib::Result refused =
      httplib::Client{ "http://" + server_->address() }.Get("/api/v1/stream");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_THAT(refused->body, HasSubstr("16 open pages"));
  const httplib::Result metrics = httplib::Client{ "http://" + server_->address() }.Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->status, 200);

  readers.pop_back();
  EXPECT_TRUE(eventually([&] {
    StreamReader next{ server_->address() };
    return eventually([&] { return next.ended() || next.has("event: report"); }) && !next.ended();
  }));
}

TEST_F(StreamsTest, EndWithTheServer)
{
  StreamReader reader{ server_->address() };
  ASSERT_TRUE(eventually([&] { return reader.has("event: report"); }));
  server_->stop();
  EXPECT_TRUE(eventually([&] { return reader.ended(); }));
}

TEST_F(StreamsTest, SayWhyNothingMoreComes)
{
  StreamReader reader{ server_->address() };
  ASSERT_TRUE(eventually([&] { return reader.has("event: report"); }));
  agent_.fail_with({ Error::Kind::internal, "collecting \"ended\"" });
  EXPECT_TRUE(eventually([&] { return reader.ended(); }));
  EXPECT_TRUE(reader.has("event: failure\ndata: \"collecting \\\"ended\\\"\"\n"));
}

/// Each part is more than a connection holds.
class LargeFeed final : public PageFeed {
public:
  std::unique_ptr<Watching> watch() override { return std::make_unique<Watching>(); }
  Result<FeedPart> next(std::uint64_t sequence) override
  {
    asked_for_ = std::max<std::uint64_t>(asked_for_, sequence);
    return FeedPart{ .events = events_, .sequence = sequence + 1, .pause = 1ms };
  }
  [[nodiscard]] std::uint64_t asked_for() const { return asked_for_; }
  [[nodiscard]] long holders() const { return events_.use_count(); }

private:
  std::shared_ptr<const std::string> events_ =
      std::make_shared<const std::string>(": " + std::string(8 << 20, 'x') + "\n\n");
  std::atomic<std::uint64_t> asked_for_ = 0;
};

TEST(Streams, OfOneWhoDoesNotReadAreInNobodysWay)
{
  LargeFeed feed;
  EventStreams streams{ feed };
  Result<HttpListener> listener =
      HttpListener::start("127.0.0.1:0", { .threads = 4 }, [&](httplib::Server &server, bool) {
        server.Get("/api/v1/stream", [&](const httplib::Request &, httplib::Response &response) {
          streams.answer(response);
        });
      });
  ASSERT_TRUE(listener);

  const UniqueFd stuck{ ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
  sockaddr_in address{ .sin_family = AF_INET };
  const std::string port = listener->address().substr(listener->address().rfind(':') + 1);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(stuck.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  const std::string asking = "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  ASSERT_EQ(::send(stuck.get(), asking.data(), asking.size(), 0), asking.size());
  ASSERT_TRUE(eventually([&] { return streams.open() == 1; }));

  StreamReader reader{ listener->address() };
  EXPECT_TRUE(eventually([&] { return feed.asked_for() > 3; }));
  EXPECT_LE(feed.holders(), 3); // the feed and the two that write
  // It is given up, and makes room.
  EXPECT_TRUE(eventually([&] { return streams.open() == 1; }));
  streams.stop();
  listener->stop();
  EXPECT_EQ(streams.open(), 0);
}

} // namespace
} // namespace linger::serve
