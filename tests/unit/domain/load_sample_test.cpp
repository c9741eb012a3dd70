#include "domain/load_sample.h"

#include "unit/domain/evidence_fixture.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

Request waiting_request()
{
  Request made = request(7, 10ms, 110ms);
  made.times = {};
  made.times[Cause::accept_queue] = 20ms;
  made.times[Cause::event_loop] = 5ms;
  made.times[Cause::on_cpu] = 10ms;
  made.times[Cause::run_queue] = 4ms;
  made.times[Cause::gil] = 3ms;
  made.times[Cause::lock] = 2ms;
  made.times[Cause::database] = 50ms;
  made.times[Cause::client_read] = 6ms;
  made.calls.database = 3;
  made.calls.cache = 1;
  return made;
}

TEST(LoadSampleTest, KeepsWhatAReplayNeeds)
{
  LoadSample sample;
  sample.add(waiting_request());

  ASSERT_EQ(sample.requests().size(), 1U);
  const LoadRequest kept = sample.requests()[0];
  EXPECT_EQ(kept.arrival, at(10ms));
  EXPECT_EQ(kept.queued, 25ms);
  EXPECT_EQ(kept.begin(), at(35ms));
  EXPECT_EQ(kept.wall(), 100ms);
  EXPECT_EQ(kept.service(), 75ms);
  EXPECT_EQ(kept.on_cpu, 10ms);
  EXPECT_EQ(kept.run_queue, 4ms);
  EXPECT_EQ(kept.gil, 3ms);
  EXPECT_EQ(kept.lock, 2ms);
  EXPECT_EQ(kept.waited, 56ms);
  EXPECT_EQ(kept.calls, 4U);
}

TEST(LoadSampleTest, KeepsTheLatest)
{
  LoadSample sample;
  for (std::uint64_t i = 0; i < LoadSample::max_requests + 10; ++i)
    sample.add(
        request(i, Nanos{ 1ms } * static_cast<int>(i), Nanos{ 1ms } * static_cast<int>(i + 1)));

  ASSERT_EQ(sample.requests().size(), LoadSample::max_requests);
  EXPECT_EQ(sample.requests().front().arrival, at(10ms));
}

TEST(LoadSampleTest, CountsNoMoreCallsThanItCanHold)
{
  Request made = waiting_request();
  made.calls.database = UINT64_MAX;
  made.calls.upstream = UINT64_MAX;
  LoadSample sample;
  sample.add(made);
  EXPECT_EQ(sample.requests()[0].calls, 2 * LoadSample::max_requests + 1);
}

TEST(LoadSampleTest, LeavesOutRequestsThatShareAThread)
{
  Request made = waiting_request();
  made.interleaved = true;
  LoadSample sample;
  sample.add(made);
  EXPECT_TRUE(sample.requests().empty());
}

class LoadOfServerTest : public EvidenceFixture {};

TEST_F(LoadOfServerTest, StandsInTheReport)
{
  evidence.add(waiting_request());
  const Report made = report();
  ASSERT_EQ(made.servers.at(0).load.size(), 1U);
  EXPECT_EQ(made.servers.at(0).load[0].tgid, worker);
}

} // namespace
} // namespace linger::domain
