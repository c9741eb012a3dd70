#include "collect/unsettled_requests.h"

#include <gtest/gtest.h>

namespace linger::collect {
namespace {

using namespace std::chrono_literals;

domain::Request request_of(std::uint32_t tid, domain::Nanos end, bool ended)
{
  domain::Request request;
  request.tid = tid;
  request.window.end = domain::MonotonicTime{ end };
  request.ended = ended;
  return request;
}

constexpr domain::MonotonicTime at(domain::Nanos time)
{
  return domain::MonotonicTime{ time };
}

TEST(UnsettledRequests, AreTakenToHaveEndedWhenNothingMoreComes)
{
  UnsettledRequests requests;
  requests.note(request_of(7, 5s, false));

  EXPECT_TRUE(requests.settle(at(5900ms)).empty());
  const auto settled = requests.settle(at(6s));
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_TRUE(settled[0].ended);
  EXPECT_TRUE(requests.settle(at(60s)).empty());
}

TEST(UnsettledRequests, WaitAnewWhenMoreOfTheResponseCame)
{
  UnsettledRequests requests;
  requests.note(request_of(7, 5s, false));
  requests.note(request_of(7, 6s, false));

  EXPECT_TRUE(requests.settle(at(6500ms)).empty());
  EXPECT_EQ(requests.settle(at(7s)).size(), 1U);
}

TEST(UnsettledRequests, ThatGoOnByTheirOwnAccountHaveLonger)
{
  UnsettledRequests requests;
  domain::Request request = request_of(7, 5s, false);
  request.streaming = true;
  requests.note(request);

  EXPECT_TRUE(requests.settle(at(64s)).empty());
  const auto settled = requests.settle(at(65s));
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_FALSE(settled[0].streaming);
}

TEST(UnsettledRequests, HaveNoLongerOnceTheirConnectionIsClosed)
{
  UnsettledRequests requests;
  domain::Request request = request_of(7, 5s, false);
  request.sequence = 3;
  request.streaming = true;
  requests.note(request);

  requests.note_closed(7, 2);
  requests.note_closed(8, 3);
  EXPECT_TRUE(requests.settle(at(7s)).empty()) << "those were others";
  requests.note_closed(7, 3);
  EXPECT_EQ(requests.settle(at(7s)).size(), 1U);
}

TEST(UnsettledRequests, AreForgottenWhenTheyEnd)
{
  UnsettledRequests requests;
  requests.note(request_of(7, 5s, false));
  requests.note(request_of(7, 5s, true));

  EXPECT_TRUE(requests.settle(at(60s)).empty());
}

TEST(UnsettledRequests, OfOtherThreadsAreTheirOwn)
{
  UnsettledRequests requests;
  requests.note(request_of(7, 5s, false));
  requests.note(request_of(8, 9s, true));

  EXPECT_EQ(requests.settle(at(60s)).size(), 1U);
}

TEST(UnsettledRequests, OfOtherConnectionsOfALoopAreTheirOwn)
{
  UnsettledRequests requests;
  for (std::uint64_t connection = 1; connection <= 3; ++connection) {
    domain::Request request = request_of(7, 5s, false);
    request.interleaved = true;
    request.connection = connection;
    requests.note(request);
    request.ended = connection == 2;
    requests.note(request);
  }

  EXPECT_EQ(requests.settle(at(6s)).size(), 2U);
}

} // namespace
} // namespace linger::collect
