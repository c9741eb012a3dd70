// The calls that go on until somebody ends them, over a real unix socket.

#include "unit/serve/served_test.h"

#include <google/protobuf/util/time_util.h>
#include <latch>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using google::protobuf::util::TimeUtil;

class DiagnosticsStreamsTest : public ServedTest {};

TEST_F(DiagnosticsStreamsTest, StreamsWorkers)
{
  v1::WatchWorkersRequest request;
  *request.mutable_interval() = TimeUtil::MillisecondsToDuration(100);
  int seen = 0;
  const auto watched = connected().watch_workers(request, [&](const auto &response) {
    EXPECT_EQ(response.servers(0).workers_size(), 2);
    EXPECT_GT(response.time().seconds(), 1'700'000'000);
    return ++seen < 3;
  });
  EXPECT_TRUE(watched) << watched.error().what;
  EXPECT_EQ(seen, 3);
}

TEST_F(DiagnosticsStreamsTest, RefusesAnIntervalOutOfRange)
{
  for (const std::int64_t ms : { -5, 0, 99, 3'600'001 }) {
    v1::WatchWorkersRequest request;
    *request.mutable_interval() = TimeUtil::MillisecondsToDuration(ms);
    const auto watched = connected().watch_workers(request, [](const auto &) { return true; });
    ASSERT_FALSE(watched) << ms;
    EXPECT_EQ(watched.error().kind, Error::Kind::usage);
  }
  v1::WatchWorkersRequest request; // valid for no one, and too much for 64 bits of ns
  request.mutable_interval()->set_seconds(INT64_MAX);
  request.mutable_interval()->set_nanos(INT32_MAX);
  EXPECT_FALSE(connected().watch_workers(request, [](const auto &) { return true; }));
}

TEST_F(DiagnosticsStreamsTest, EndsAStreamWhenItsServersAreGone)
{
  v1::WatchWorkersRequest request;
  *request.mutable_interval() = TimeUtil::MillisecondsToDuration(100);
  const auto watched = connected().watch_workers(request, [&](const auto &) {
    agent_.fail_with({ Error::Kind::not_found, "100 is gone" });
    return true;
  });
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().kind, Error::Kind::not_found);
}

TEST_F(DiagnosticsStreamsTest, StreamsRequestsAsTheyEnd)
{
  Client client = connected();
  std::jthread traffic([&] {
    EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
    for (std::uint64_t i = 1; i <= 100; ++i)
      agent_.emit(request_numbered(i));
  });
  std::uint64_t seen = 0;
  const auto watched = client.watch_requests({}, [&](const v1::WatchRequestsResponse &response) {
    ++seen;
    EXPECT_EQ(response.sequence(), seen);
    EXPECT_EQ(response.request().received_bytes(), seen);
    EXPECT_EQ(response.requests_skipped(), 0U);
    return seen < 100;
  });
  EXPECT_TRUE(watched) << watched.error().what;
  EXPECT_EQ(seen, 100U);
  EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 0; }));
}

TEST_F(DiagnosticsStreamsTest, StreamsOnlyTheRequestsAskedFor)
{
  Client client = connected();
  std::jthread traffic([&] {
    EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
    SeenRequest quick = request_numbered(1);
    quick.request.times = {};
    agent_.emit(quick);
    agent_.emit(request_numbered(2, 200)); // of another server
    agent_.emit(request_numbered(3));
  });
  v1::WatchRequestsRequest request;
  request.add_tgids(102);
  *request.mutable_min_wall() = TimeUtil::MillisecondsToDuration(50);
  std::uint64_t first = 0;
  EXPECT_TRUE(client.watch_requests(request, [&](const v1::WatchRequestsResponse &response) {
    first = response.request().received_bytes();
    return false;
  }));
  EXPECT_EQ(first, 3U);

  request.mutable_min_wall()->set_seconds(-1);
  EXPECT_EQ(client.watch_requests(request, [](const auto &) { return true; }).error().kind,
            Error::Kind::usage);
  v1::WatchRequestsRequest nobody;
  nobody.add_tgids(1);
  EXPECT_EQ(client.watch_requests(nobody, [](const auto &) { return true; }).error().kind,
            Error::Kind::not_found);
}

TEST_F(DiagnosticsStreamsTest, StreamsTheRequestsOfOneEndpointAndCause)
{
  Client client = connected();
  std::jthread traffic([&] {
    EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
    SeenRequest other = request_numbered(1);
    other.route = "/other/{}";
    agent_.emit(other);
    SeenRequest computing = request_numbered(2);
    computing.request.times[domain::Cause::on_cpu] = 1s;
    agent_.emit(computing);
    agent_.emit(request_numbered(3));
  });
  v1::WatchRequestsRequest request;
  request.set_endpoint("GET /nap/{}");
  request.set_cause("sleep");
  std::uint64_t first = 0;
  EXPECT_TRUE(client.watch_requests(request, [&](const v1::WatchRequestsResponse &response) {
    first = response.request().received_bytes();
    EXPECT_EQ(response.cursor(), request_numbered(3).cursor);
    return false;
  }));
  EXPECT_EQ(first, 3U);

  request.set_cause("boredom");
  const auto refused = client.watch_requests(request, [](const auto &) { return true; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::usage);
}

TEST_F(DiagnosticsStreamsTest, TellsOneWhoComesBackWhatItMissed)
{
  v1::WatchRequestsRequest request;
  request.set_after(7);
  agent_.set_missed(12, false);
  EXPECT_TRUE(connected().watch_requests(request, [](const v1::WatchRequestsResponse &response) {
    EXPECT_EQ(response.requests_skipped(), 12U);
    EXPECT_EQ(response.cursor(), 19U); // who comes back once more is not told again
    EXPECT_FALSE(response.has_request());
    EXPECT_FALSE(response.restarted());
    return false;
  }));

  agent_.set_missed(5, true);
  EXPECT_TRUE(connected().watch_requests(request, [](const v1::WatchRequestsResponse &response) {
    EXPECT_EQ(response.requests_skipped(), 5U);
    EXPECT_FALSE(response.has_request());
    EXPECT_TRUE(response.restarted());
    return false;
  }));
}

TEST_F(DiagnosticsStreamsTest, ShowsThatItIsThereWhereThatIsAskedFor)
{
  v1::WatchRequestsRequest request;
  request.mutable_heartbeat()->set_seconds(1);
  int beats = 0;
  EXPECT_TRUE(connected().watch_requests(request, [&](const v1::WatchRequestsResponse &response) {
    EXPECT_FALSE(response.has_request());
    EXPECT_EQ(response.requests_skipped(), 0U);
    return ++beats < 2;
  }));
  EXPECT_EQ(beats, 2);

  request.mutable_heartbeat()->set_seconds(0);
  const auto refused = connected().watch_requests(request, [](const auto &) { return true; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::usage);
}

TEST_F(DiagnosticsStreamsTest, TellsASlowSubscriberHowMuchItLostAndHarmsNobodyElse)
{
  constexpr std::size_t queued = 1000;
  start({ .limits = { .queued_requests = queued } });
  Client slow_client = connected();
  Client quick_client = connected();
  std::latch read_on(1);
  std::uint64_t slow_read = 0;
  std::uint64_t slow_skipped = 0;
  std::uint64_t slow_sequence = 0;
  std::atomic<std::uint64_t> quick_read = 0;
  std::atomic<std::uint64_t> quick_skipped = 0;
  constexpr std::uint64_t chunks = 20;
  constexpr std::uint64_t sent = chunks * queued / 2;

  std::jthread slow([&] {
    EXPECT_TRUE(slow_client.watch_requests({}, [&](const v1::WatchRequestsResponse &response) {
      read_on.wait();
      EXPECT_EQ(response.sequence(), ++slow_sequence);
      slow_read += response.has_request() ? 1 : 0;
      slow_skipped += response.requests_skipped();
      return slow_read + slow_skipped < sent;
    }));
  });
  std::jthread quick([&] {
    EXPECT_TRUE(quick_client.watch_requests({}, [&](const v1::WatchRequestsResponse &response) {
      quick_read += 1;
      quick_skipped += response.requests_skipped();
      return quick_read < sent;
    }));
  });
  ASSERT_TRUE(eventually([&] { return agent_.subscribers() == 2; }));

  SeenRequest large = request_numbered(1);
  large.route = std::string(4096, 'x');
  std::uint64_t number = 0;
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    for (std::size_t i = 0; i < queued / 2; ++i, ++number)
      agent_.emit(large);
    ASSERT_TRUE(eventually([&] { return quick_read + quick_skipped == number; }));
  }
  read_on.count_down();
  slow.join();
  quick.join();

  EXPECT_EQ(quick_read, sent);
  EXPECT_EQ(quick_skipped, 0U);
  EXPECT_GT(slow_skipped, 0U);
  EXPECT_EQ(slow_read + slow_skipped, sent);
}

TEST_F(DiagnosticsStreamsTest, StreamsWhatBecomesOfFindings)
{
  agent_.set_findings({ finding_named("a") });
  std::vector<std::string> seen;
  EXPECT_TRUE(connected().watch_findings({}, [&](const v1::WatchFindingsResponse &response) {
    seen.push_back(v1::WatchFindingsResponse::Change_Name(response.change()) + " " +
                   response.finding().detail());
    if (seen.size() == 1)
      agent_.set_findings({ finding_named("a", "worse") });
    if (seen.size() == 2)
      agent_.set_findings({});
    return seen.size() < 3;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{ "CHANGE_APPEARED as before", "CHANGE_UPDATED worse",
                                             "CHANGE_RESOLVED worse" }));
}

TEST_F(DiagnosticsStreamsTest, StreamsTheFindingsOfTheServersAskedFor)
{
  domain::Finding other = finding_named("b");
  other.server = 200;
  domain::Finding asked_for = finding_named("a");
  asked_for.server = 100;
  agent_.set_findings({ other, asked_for });
  v1::WatchFindingsRequest request;
  request.add_tgids(102); // a worker
  std::vector<std::string> seen;
  EXPECT_TRUE(connected().watch_findings(request, [&](const v1::WatchFindingsResponse &response) {
    seen.push_back(response.finding().id());
    agent_.set_findings({});
    return response.change() != v1::WatchFindingsResponse::CHANGE_RESOLVED;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{ asked_for.id, asked_for.id }));

  request.add_tgids(4711);
  EXPECT_EQ(connected().watch_findings(request, [](const auto &) { return true; }).error().kind,
            Error::Kind::not_found);
}

TEST_F(DiagnosticsStreamsTest, ManyWhoWatchCostTheAgentNoMoreThanAFew)
{
  constexpr int many = 40;
  agent_.set_findings({ finding_named("a") });
  std::atomic<int> told = 0;
  {
    std::vector<std::jthread> watching;
    for (int i = 0; i < many; ++i)
      watching.emplace_back([&] {
        EXPECT_TRUE(connected().watch_findings({}, [&](const auto &) {
          ++told;
          return false;
        }));
      });
  }
  EXPECT_EQ(told, many);
  EXPECT_LT(agent_.reports(), many);
}

TEST_F(DiagnosticsStreamsTest, EndsSilentStreamsWhenTheClientCancels)
{
  Client client = connected();
  std::stop_source stop;
  std::jthread requests([&] {
    EXPECT_TRUE(client.watch_requests(
        {}, [](const auto &) { return true; }, stop.get_token()));
  });
  std::jthread findings([&] {
    EXPECT_TRUE(client.watch_findings(
        {}, [](const auto &) { return true; }, stop.get_token()));
  });
  ASSERT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
  stop.request_stop();
  requests.join();
  findings.join();
  EXPECT_TRUE(eventually([&] { return agent_.subscribers() == 0; }));
}

} // namespace
} // namespace linger::serve
