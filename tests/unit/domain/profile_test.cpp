// What a profile of recorded requests says, and that no time is lost in it.

#include "domain/evidence.h"
#include "unit/domain/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace linger::domain::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ProfileTest : public testing::Test {
protected:
  ProfileTest()
  {
    evidence.add(mark(0ms));
    evidence.add(seen(0ms, { worker, other_worker }));
  }

  Profile profile(ProfileKind kind)
  {
    evidence.add(mark(1s));
    return evidence.profile(kind);
  }

  static std::int64_t sum_of(const Profile &profile)
  {
    std::int64_t sum = 0;
    for (const ProfileSample &sample : profile.samples)
      sum += sample.values[profile.main_value];
    return sum;
  }

  static std::map<std::string, std::int64_t> by_what(const Profile &profile)
  {
    std::map<std::string, std::int64_t> sums;
    for (const ProfileSample &sample : profile.samples)
      sums[sample.what] += sample.values[profile.main_value];
    return sums;
  }

  Evidence evidence{ RouteTable{}, true };
};

constexpr std::int64_t ms = 1'000'000;

TEST_F(ProfileTest, BlockedAndOnCpuAddUpToTheWallTimeOfAllRequests)
{
  Wait query = wait_in(1, Cause::database, "db", 30ms);
  query.code = "shop/cart.py:7 in load";
  query.statement = "SELECT ?";
  evidence.add(query);
  evidence.add(spending(spending(request(1, 100ms, 200ms, "/cart/7"), Cause::database, 40ms),
                        Cause::run_queue, 5ms));
  evidence.add(
      served_by(other_worker, spending(request(1, 100ms, 150ms, "/cart/8"), Cause::sleep, 20ms)));

  const Profile blocked = profile(ProfileKind::blocked);
  const Profile on_cpu = profile(ProfileKind::on_cpu);
  EXPECT_EQ(sum_of(blocked), 65 * ms);
  EXPECT_EQ(sum_of(on_cpu), 85 * ms);
  EXPECT_EQ(blocked.window.length(), 1s);

  ASSERT_THAT(blocked.samples, SizeIs(4));
  const ProfileSample &most = blocked.samples.front();
  EXPECT_EQ(most.server, master);
  EXPECT_EQ(most.endpoint, "GET /cart/{}");
  EXPECT_EQ(most.worker, worker);
  EXPECT_EQ(most.cause, Cause::database);
  EXPECT_EQ(most.code, "shop/cart.py:7 in load");
  EXPECT_EQ(most.what, "db");
  EXPECT_EQ(most.statement, "SELECT ?");
  EXPECT_THAT(most.values, ElementsAre(1, 30 * ms));
  // What no wait tells: of the sleep all, of the database's time and of the run queue the rest.
  EXPECT_EQ(by_what(blocked)[std::string{ rest_of_blocked }], 35 * ms);
  EXPECT_EQ(blocked.samples[1].worker, other_worker);
}

TEST_F(ProfileTest, LinesThatClaimMoreThanWasMeasuredAreCutDownTogether)
{
  // Two looks, each for a forty-ninth of a second, into a request that ran for 20 ms.
  for (const char *code : { "a.py:1 in f", "a.py:2 in f" }) {
    Wait look = wait_in(1, Cause::on_cpu, "", 20ms);
    look.code = code;
    evidence.add(look);
  }
  evidence.add(request(1, 100ms, 120ms));

  const Profile on_cpu = profile(ProfileKind::on_cpu);
  ASSERT_THAT(on_cpu.samples, SizeIs(2));
  EXPECT_EQ(on_cpu.samples[0].values[1], 10 * ms);
  EXPECT_EQ(on_cpu.samples[1].values[1], 10 * ms);
}

TEST_F(ProfileTest, OfNothingSaysSo)
{
  for (const ProfileKind kind : { ProfileKind::blocked, ProfileKind::retained }) {
    const Profile empty = profile(kind);
    EXPECT_THAT(empty.samples, IsEmpty());
    ASSERT_FALSE(empty.notes.empty());
    EXPECT_THAT(empty.notes.front(), HasSubstr("nothing to show"));
  }
  EXPECT_FALSE(evidence.traced_allocations());
}

TEST_F(ProfileTest, TellsWhatWasAllocatedAndWhatOfItIsKept)
{
  const SettleRule at_once{ .after = 0s, .requests = 0 };
  AllocationsSeen trace{ .time = at(50ms), .tgid = worker, .begin = at(0ms), .settle = at_once };
  trace.allocations = { { .id = 1,
                          .time = at(20ms),
                          .tid = worker,
                          .request_sequence = 1,
                          .bytes = 1000,
                          .code = "a.py:1 in keep" },
                        { .id = 2,
                          .time = at(21ms),
                          .tid = worker,
                          .request_sequence = 1,
                          .bytes = 500,
                          .code = "a.py:2 in drop" } };
  trace.freed = { 2 };
  evidence.add(trace);
  evidence.add(request(1, 10ms, 40ms, "/keep"));

  const Profile retained = profile(ProfileKind::retained);
  EXPECT_TRUE(evidence.traced_allocations());
  ASSERT_THAT(retained.samples, SizeIs(2));
  EXPECT_EQ(retained.samples[0].code, "a.py:1 in keep");
  EXPECT_EQ(retained.samples[0].endpoint, "GET /keep");
  EXPECT_EQ(retained.samples[0].worker, worker);
  EXPECT_THAT(retained.samples[0].values, ElementsAre(1, 1000, 1, 1000));
  EXPECT_THAT(retained.samples[1].values, ElementsAre(1, 500, 0, 0));
  EXPECT_EQ(retained.values[retained.main_value].name, "retained_space");

  const Profile allocated = profile(ProfileKind::allocated);
  EXPECT_EQ(allocated.values[allocated.main_value].name, "alloc_space");
  EXPECT_EQ(sum_of(allocated), 1500);
}

TEST_F(ProfileTest, KindsHaveTheirNames)
{
  for (const ProfileKind kind : { ProfileKind::blocked, ProfileKind::on_cpu, ProfileKind::allocated,
                                  ProfileKind::retained }) {
    EXPECT_EQ(profile_kind_named(name_of(kind)), kind);
    EXPECT_LT(main_value_of(kind), values_of(kind).size());
  }
  EXPECT_FALSE(profile_kind_named("wall"));
}

} // namespace
} // namespace linger::domain::test
