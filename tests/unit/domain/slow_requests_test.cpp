#include "domain/slow_requests.h"

#include "unit/domain/observations.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

class SlowRequestsTest : public testing::Test {
protected:
  SlowRequestsTest() { slow.add(seen(0ms, { worker, other_worker })); }

  static Wait wait(std::uint64_t sequence, Nanos begin, Nanos end, Cause cause = Cause::database)
  {
    return { .tgid = worker,
             .tid = worker,
             .request_sequence = sequence,
             .window = { at(begin), at(end) },
             .cause = cause };
  }

  static Request open(Request request)
  {
    request.ended = false;
    return request;
  }

  std::vector<SlowRequest> told;
  SlowRequests slow{ RouteTable{}, 100ms,
                     [this](SlowRequest request) { told.push_back(std::move(request)); } };
};

TEST_F(SlowRequestsTest, AreToldWithTheirWaitsAndTheirServer)
{
  slow.add(wait(1, 20ms, 120ms));
  slow.add(wait(1, 130ms, 140ms, Cause::cache));
  slow.add(wait(1, 0ms, 20ms, Cause::on_cpu));
  slow.add(request(1, 0ms, 150ms, "/report/17"));

  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].route, "/report/{}");
  EXPECT_EQ(told[0].server.master_tgid, master);
  ASSERT_EQ(told[0].waits.size(), 2U);
  EXPECT_EQ(told[0].waits[0].cause, Cause::database);
  EXPECT_EQ(told[0].waits[1].cause, Cause::cache);
}

TEST_F(SlowRequestsTest, AreNotThoseThatWereQuickOrNoHttp)
{
  slow.add(request(1, 0ms, 99ms));
  slow.add(request(2, 100ms, 300ms, ""));

  EXPECT_TRUE(told.empty());
}

TEST_F(SlowRequestsTest, HaveNoWaitsOfOtherRequests)
{
  slow.add(wait(1, 0ms, 5ms));
  slow.add(request(1, 0ms, 10ms));
  slow.add(wait(2, 20ms, 30ms)); // whose record was lost
  slow.add(wait(3, 50ms, 90ms));
  slow.add(request(3, 50ms, 200ms));

  ASSERT_EQ(told.size(), 1U);
  ASSERT_EQ(told[0].waits.size(), 1U);
  EXPECT_EQ(told[0].waits[0].request_sequence, 3U);
}

TEST_F(SlowRequestsTest, CountTheWaitsForWhichThereIsNoRoom)
{
  for (int i = 0; i < 100; ++i)
    slow.add(wait(1, 0ms, 1ms));
  slow.add(request(1, 0ms, 150ms));

  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].waits.size(), SlowRequests::max_waits);
  EXPECT_EQ(told[0].waits_left_out, 100 - SlowRequests::max_waits);
}

TEST_F(SlowRequestsTest, WhoseRecordMayBeReplacedAreToldWithTheLatestOne)
{
  slow.add(open(request(1, 0ms, 110ms)));
  slow.add(open(request(1, 0ms, 150ms)));
  EXPECT_TRUE(told.empty());
  slow.add(request(2, 200ms, 201ms)); // the thread went on

  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].request.window.length(), 150ms);
}

TEST_F(SlowRequestsTest, AreToldOnceThoughTheirRecordComesAgain)
{
  slow.add(open(request(1, 0ms, 150ms)));
  slow.add(CoverageSample{ .time = at(4s) });
  EXPECT_TRUE(told.empty());
  slow.add(CoverageSample{ .time = at(6s) });
  ASSERT_EQ(told.size(), 1U);

  slow.add(CoverageSample{ .time = at(7s) });
  slow.add(open(request(1, 0ms, 7s)));
  slow.add(request(1, 0ms, 8s));
  slow.add(request(2, 9s, 9s));
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(SlowRequestsTest, ThatGoOnByTheirOwnAccountAreWaitedFor)
{
  Request stream = open(request(1, 0ms, 150ms));
  stream.streaming = true;
  slow.add(stream);
  slow.add(CoverageSample{ .time = at(100s) });
  EXPECT_TRUE(told.empty());

  slow.add(exited(101s, worker));
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(SlowRequestsTest, OfAYoungProcessWaitUntilItsServerIsKnown)
{
  slow.add(served_by(777, request(1, 0ms, 150ms)));
  EXPECT_TRUE(told.empty());
  slow.add(seen(200ms, { worker, 777 }));

  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].server.master_tgid, master);
  EXPECT_TRUE(told[0].server.workers.empty());

  slow.add(served_by(778, request(1, 0ms, 150ms)));
  slow.add(seen(300ms, { worker }));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].server.master_tgid, 0U);
}

TEST_F(SlowRequestsTest, AreBoundedWhateverComes)
{
  for (std::uint64_t i = 0; i < 3 * SlowRequests::max_waiting; ++i) {
    slow.add(wait(i, 0ms, 1ms));
    slow.add(open(interleaved(i, request(i, 0ms, 150ms))));
  }
  EXPECT_TRUE(told.empty()); // what made room cannot be told apart from what goes on
  slow.add(exited(1s, worker));
  EXPECT_EQ(told.size(), SlowRequests::max_waiting);
}

} // namespace
} // namespace linger::domain
