#include "serve/page/recorded_workers.h"

#include "serve/page/recorded_feed.h"
#include "unit/serve/fake_agent_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

class RecordedWorkersTest : public testing::Test {
protected:
  RecordedWorkersTest() { report_.mutable_window()->mutable_start_time()->set_seconds(1000); }

  void add(domain::Nanos offset, domain::Nanos sleep, domain::Nanos queued = {})
  {
    domain::Request request = request_numbered(1).request;
    request.times = {};
    request.times[domain::Cause::sleep] = sleep;
    request.times[domain::Cause::accept_queue] = queued;
    request.window = { domain::MonotonicTime{ offset },
                       domain::MonotonicTime{ offset + sleep + queued } };
    workers_.add({ .server = 100,
                   .method = "GET",
                   .route = "/nap/{}",
                   .offset = offset,
                   .request = &request });
  }

  v1::Report report_;
  RecordedWorkers workers_;
};

TEST_F(RecordedWorkersTest, SpreadARequestOverTheTimeThatItTook)
{
  add(100ms, 500ms);
  const auto moments = workers_.moments(report_);
  ASSERT_EQ(moments.size(), 4); // the begin, and three slices of 250 ms
  std::vector<std::uint64_t> sums;
  for (const auto &moment : moments)
    sums.push_back(moment.servers(0).workers(0).blocked().sleep_ns() / 1'000'000);
  EXPECT_THAT(sums, testing::ElementsAre(0, 150, 400, 500));
  EXPECT_EQ(moments[2].servers(0).workers(0).requests(), 0);
  EXPECT_EQ(moments[3].servers(0).workers(0).requests(), 1);
  EXPECT_EQ(moments[3].servers(0).workers(0).tgid(), 101);
  EXPECT_EQ(moments[3].servers(0).master_tgid(), 100);
  EXPECT_EQ(moments[3].time().seconds(), 1000);
  EXPECT_EQ(moments[3].time().nanos(), 750'000'000);
}

TEST_F(RecordedWorkersTest, LeaveOutWhatWaitedUnaccepted)
{
  add(0ms, 100ms, 2s);
  const auto moments = workers_.moments(report_);
  EXPECT_EQ(moments.back().servers(0).workers(0).blocked().accept_queue_ns(), 0);
  EXPECT_EQ(moments[1].servers_size(), 0); // it is as it was
  EXPECT_EQ(moments.back().servers(0).workers(0).blocked().sleep_ns(), 100'000'000);
}

TEST_F(RecordedWorkersTest, KeepTheirNumberHoweverLongTheRecording)
{
  for (int second = 0; second < 3600; ++second)
    add(std::chrono::seconds{ second }, 500ms);
  const auto moments = workers_.moments(report_);
  EXPECT_LE(moments.size(), RecordedWorkers::max_slices + 1);
  EXPECT_GE(moments.size(), RecordedWorkers::max_slices / 2);
  const v1::Worker &last = moments.back().servers(0).workers(0);
  EXPECT_EQ(last.requests(), 3600);
  EXPECT_NEAR(static_cast<double>(last.blocked().sleep_ns()), 1800e9, 1e6);
}

TEST_F(RecordedWorkersTest, TellTheLongestRequestsWithTheirStart)
{
  for (std::size_t i = 0; i <= RecordedWorkers::max_requests; ++i)
    add(10s + std::chrono::milliseconds{ i }, std::chrono::microseconds{ 10 + i });
  const auto requests = workers_.requests(report_);
  ASSERT_EQ(requests.size(), RecordedWorkers::max_requests);
  EXPECT_EQ(requests[0].requests_skipped(), 1);
  EXPECT_EQ(requests[0].request().start_time().seconds(), 1010);
  EXPECT_EQ(requests[0].request().start_time().nanos(), 1'000'000); // the shortest was the first
  EXPECT_EQ(requests[0].request().route(), "/nap/{}");
}

TEST_F(RecordedWorkersTest, AreSentOnceToEachPage)
{
  add(0ms, 100ms);
  const auto feed = RecordedFeed::of(report_, std::move(workers_));
  ASSERT_TRUE(feed);
  const Result<FeedPart> first = (*feed)->next(0);
  ASSERT_TRUE(first && first->events);
  EXPECT_THAT(*first->events, testing::StartsWith("event: recording\ndata: {}\n\nevent: report\n"));
  EXPECT_THAT(*first->events, testing::HasSubstr("event: request\n"));
  EXPECT_FALSE((*feed)->next(first->sequence)->events);
  EXPECT_TRUE((*feed)->next(0)->events);
}

} // namespace
} // namespace linger::serve
