#include "domain/lost_requests.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;

WholeRequest unanswered(const std::string &path, MonotonicTime end, Nanos length, bool thread_died)
{
  WholeRequest whole;
  whole.request.method = "GET";
  whole.request.path = path;
  whole.request.window = { end - length, end };
  whole.request.status = 0;
  whole.request.thread_died = thread_died;
  whole.request.times[Cause::accept_queue] = length;
  whole.request.times[Cause::database] = length / 2;
  whole.request.times[Cause::on_cpu] = length / 4;
  return whole;
}

constexpr MonotonicTime end{ 100s };

TEST(LostRequestsTest, AreThoseThatDiedWithTheirThreadOrEndedWithTheProcess)
{
  LostRequests requests;
  requests.add(unanswered("/early", end - 3s, 1s, false));
  requests.add(unanswered("/closed", end - 1s, 2s, false));
  requests.add(unanswered("/died", end, 5s, true));
  WholeRequest answered = unanswered("/fine", end, 9s, false);
  answered.request.status = 200;
  requests.add(answered);

  RouteTable routes;
  const auto lost = requests.at_end(end, routes);
  ASSERT_EQ(lost.size(), 2U);
  EXPECT_EQ(lost[0].endpoint, "GET /died");
  EXPECT_EQ(lost[0].open, 5s);
  EXPECT_EQ(lost[1].endpoint, "GET /closed");
}

TEST(LostRequestsTest, NameWhatTookMostOfTheTimeInTheWorkerAndWhere)
{
  WholeRequest whole = unanswered("/report", end, 4s, true);
  whole.waits.add({ .cause = Cause::sleep, .what = "sleep", .code = "b.py:1 in nap" });
  whole.waits.add({ .cause = Cause::database, .what = "10.0.0.1:5432", .code = "a.py:2 in query" });
  LostRequests requests;
  requests.add(whole);

  const auto lost = requests.at_end(end, RouteTable{});
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].cause, Cause::database);
  EXPECT_EQ(lost[0].waited, 2s);
  EXPECT_EQ(lost[0].what, "10.0.0.1:5432");
  EXPECT_EQ(lost[0].code, "a.py:2 in query");
}

TEST(LostRequestsTest, RememberTheLatestOfMany)
{
  LostRequests requests;
  for (int i = 0; i < 100; ++i)
    requests.add(unanswered("/" + std::string(1, static_cast<char>('a' + i % 26)),
                            end - std::chrono::milliseconds{ 100 - i }, 1s, false));
  EXPECT_EQ(requests.at_end(end, RouteTable{}).size(), WorkerEnd::most_lost);
}

} // namespace
} // namespace linger::domain
