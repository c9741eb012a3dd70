#include "unit/domain/evidence_fixture.h"

namespace linger::domain {
namespace {

using namespace test;
using EvidenceUtilizationTest = EvidenceFixture;

TEST_F(EvidenceUtilizationTest, CountsAWorkerAsBusyFromTheMomentItTookTheRequest)
{
  Request queued = request(1, 100ms, 600ms);
  queued = spending(spending(queued, Cause::accept_queue, 200ms), Cause::event_loop, 100ms);
  evidence.add(queued);

  EXPECT_NEAR(worker_in(report(), worker).utilization, 0.2, 1e-9);
}

TEST_F(EvidenceUtilizationTest, CountsOnlyThePartOfARequestInsideTheWindow)
{
  Evidence later{ RouteTable{} };
  later.add(mark(500ms));
  later.add(seen(500ms, { worker }));
  later.add(request(1, 100ms, 600ms));
  later.add(mark(1500ms));

  EXPECT_NEAR(worker_in(later.report(), worker).utilization, 0.1, 1e-9);
}

TEST_F(EvidenceUtilizationTest, CountsALoopAsBusyOnlyWhileARequestHasIt)
{
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    Request polite = interleaved(sequence, request(sequence, 100ms, 550ms));
    evidence.add(spending(polite, Cause::upstream, 400ms));
  }
  Wait blocking = wait_in(5, Cause::sleep, "clock_nanosleep", 100ms);
  blocking.interleaved = blocking.held_loop = true;
  evidence.add(blocking);
  evidence.add(spending(interleaved(5, request(5, 600ms, 700ms)), Cause::sleep, 100ms));

  EXPECT_NEAR(worker_in(report(), worker).utilization, (4 * 0.05) + 0.1, 1e-9);
}

TEST_F(EvidenceUtilizationTest, CountsAnOpenRequestAsBusyUntilItsRecordComes)
{
  evidence.add(open_request(1, 200ms, 400ms, Cause::database));
  const Report open = report();
  EXPECT_NEAR(worker_in(open, worker).utilization, 0.8, 1e-9);
  EXPECT_EQ(worker_in(open, worker).state, WorkerState::blocked);
  EXPECT_EQ(worker_in(open, worker).waits_on, "database");
  EXPECT_EQ(worker_in(open, worker).open_request, 800ms);
  EXPECT_EQ(worker_in(open, worker).open_request_endpoint, "GET /report/{}");

  evidence.add(request(1, 200ms, 500ms));
  const Report ended = evidence.report();
  EXPECT_NEAR(worker_in(ended, worker).utilization, 0.3, 1e-9);
  EXPECT_EQ(worker_in(ended, worker).state, WorkerState::idle);
  EXPECT_EQ(worker_in(ended, worker).waits_on, "");
  EXPECT_EQ(worker_in(ended, worker).open_request, 0ms);
}

TEST_F(EvidenceUtilizationTest, DoesNotCountARequestTwiceWhoseResponseHasBegun)
{
  evidence.add(provisional(request(1, 200ms, 300ms)));
  evidence.add(open_request(1, 200ms, 400ms, Cause::client_write));

  const Report streaming = report();
  EXPECT_NEAR(worker_in(streaming, worker).utilization, 0.1, 1e-9);
  EXPECT_EQ(worker_in(streaming, worker).state, WorkerState::blocked);
}

TEST_F(EvidenceUtilizationTest, LeavesAResponseThatHasBegunToItsRecord)
{
  ThreadSample streaming = open_request(1, 200ms, 400ms, Cause::client_write);
  streaming.response_begun = true; // its record is under way
  evidence.add(streaming);

  EXPECT_EQ(worker_in(report(), worker).utilization, 0);
}

TEST_F(EvidenceUtilizationTest, CallsAWorkerBusyWhenOneOfItsOpenRequestsRuns)
{
  evidence.add(open_request(1, 200ms, 400ms, Cause::database));
  ThreadSample running = open_request(1, 300ms, 400ms, Cause::run_queue);
  running.tid = 999;
  evidence.add(running);

  const Report two = report();
  EXPECT_EQ(worker_in(two, worker).state, WorkerState::busy);
  EXPECT_EQ(worker_in(two, worker).waits_on, "");
  EXPECT_EQ(worker_in(two, worker).open_request, 800ms); // the longest
  EXPECT_EQ(worker_in(two, worker).utilization, 1);      // clamped: two threads were not configured
}

TEST_F(EvidenceUtilizationTest, TellsWhatThreadsDoAtTheEndTheLongestAtItFirst)
{
  ThreadSample waits = open_request(1, 200ms, 900ms, Cause::lock);
  waits.since = at(300ms);
  waits.lock = 0x1000;
  waits.code = "cart.py:31 in total";
  evidence.add(waits);
  ThreadSample background{ .time = at(900ms), .tgid = worker, .tid = worker + 1 };
  background.cause = Cause::upstream;
  background.since = at(100ms);
  evidence.add(background);
  ThreadSample idle = background;
  idle.tid = worker + 2;
  idle.cause = Cause::idle;
  evidence.add(idle);

  const std::vector<ThreadReport> expected{
    { .tid = worker + 1, .cause = Cause::upstream, .since = 900ms },
    { .tid = worker,
      .cause = Cause::lock,
      .since = 700ms,
      .endpoint = "GET /report/{}",
      .open = 800ms,
      .lock = 0x1000,
      .code = "cart.py:31 in total" },
  };
  EXPECT_EQ(worker_in(report(), worker).busy_threads, expected);
}

TEST_F(EvidenceUtilizationTest, TellsNothingOfThreadsThatWereNotSeenForLong)
{
  evidence.add(open_request(1, 200ms, 900ms, Cause::lock));
  evidence.add(mark(10s));
  EXPECT_TRUE(worker_in(evidence.report(), worker).busy_threads.empty());
}

} // namespace
} // namespace linger::domain
