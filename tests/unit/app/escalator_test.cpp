#include "app/escalator.h"

#include "app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using domain::Escalation;
using domain::MemoryTier;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// One server with one worker, 101, whose endpoint /grow keeps memory; what the heap shows is the
/// test's.
class EscalatorTest : public testing::Test {
protected:
  EscalatorTest()
  {
    log_nothing();
    domain::ServerReport &server = report.servers.emplace_back();
    server.server.master_tgid = 100;
    server.workers.push_back({ .tgid = 101, .state = domain::WorkerState::idle });
    domain::EndpointReport &endpoint = report.endpoints.emplace_back();
    endpoint.server = 100;
    endpoint.method = "GET";
    endpoint.route = "/grow";
    endpoint.requests = 1000;
    endpoint.memory = { .retained_bytes = 28 << 20,
                        .retained_bytes_per_request = 28000,
                        .low = 27000,
                        .high = 29000,
                        .tier = MemoryTier::growth };
    domain::Finding finding;
    finding.rule = "memory-retained";
    finding.server = 100;
    finding.endpoints = { "GET /grow" };
    report.findings = { finding };
  }

  Escalator escalator(MemoryTier to)
  {
    EscalationConfig config;
    config.to = to;
    EscalatorServices services{
      .report = [this]() -> Result<domain::Report> {
        report.servers[0].workers[0].memory.anonymous_bytes += grown_each_look;
        return report;
      },
      .look = [this](std::uint32_t tgid,
                     const std::vector<std::string> &paths_of) -> Result<HeapLook> {
        looked.push_back(tgid);
        if (look_error)
          return tl::unexpected(*look_error);
        HeapLook look;
        look.census.time = domain::WallTime{ now };
        const auto kept = static_cast<std::uint64_t>(objects_kept_each_look * looked.size());
        domain::set_types(look.census, { { "shop.Session", kept, kept * 1000 } });
        for (const std::string &type : paths_of)
          look.retainers.push_back({ type, kept, { { "`shop.SESSIONS` (list)", kept } } });
        return look;
      },
      .tell = [this](const domain::Observation &observation) -> Result<> {
        told.push_back(observation);
        return {};
      },
      .trace = [this](std::uint32_t tgid, domain::Nanos) -> Result<> {
        if (trace_error)
          return tl::unexpected(*trace_error);
        traced.push_back(tgid);
        report.servers[0].workers[0].allocations = domain::AllocationTrace{ .settled = 42 };
        return {};
      },
      .end_trace = [this] { ++traces_ended; },
      .pause =
          [this](domain::Nanos span) {
            now += span;
            return --pauses_left >= 0;
          },
      .clock =
          [this] {
            return domain::ClockAnchor{ domain::MonotonicTime{ now }, {} };
          }
    };
    return { config, {}, std::move(services) };
  }

  [[nodiscard]] std::vector<Escalation> escalations() const
  {
    std::vector<Escalation> all;
    for (const domain::Observation &observation : told) {
      if (const auto *escalation = std::get_if<Escalation>(&observation))
        all.push_back(*escalation);
    }
    return all;
  }

  domain::Report report;
  std::optional<Error> look_error;
  std::optional<Error> trace_error;
  std::size_t objects_kept_each_look = 1000;
  std::uint64_t grown_each_look = 0;
  int pauses_left = 1000;
  domain::Nanos now = 10s;

  std::vector<std::uint32_t> looked;
  std::vector<std::uint32_t> traced;
  int traces_ended = 0;
  std::vector<domain::Observation> told;
};

TEST_F(EscalatorTest, TakesACensusWhereAnEndpointKeepsMemoryAndNamesTheHolder)
{
  ASSERT_TRUE(escalator(MemoryTier::allocations).turn());

  EXPECT_THAT(looked, ElementsAre(101, 101, 101, 101)); // the middle one looks twice
  const auto seen = escalations();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].tier, MemoryTier::census);
  EXPECT_EQ(seen[0].server, 100);
  EXPECT_EQ(seen[0].tgid, 101);
  EXPECT_EQ(seen[0].endpoint, "GET /grow");
  EXPECT_THAT(seen[0].reason, HasSubstr("GET /grow kept"));
  EXPECT_FALSE(seen[0].end);
  EXPECT_EQ(seen[1].begin, seen[0].begin);
  EXPECT_EQ(*seen[1].end - seen[1].begin, 60s);
  EXPECT_THAT(seen[1].outcome, HasSubstr("held by `shop.SESSIONS` (list)"));
  const auto *growth = std::get_if<domain::HeapGrowth>(&told[1]);
  ASSERT_NE(growth, nullptr);
  EXPECT_EQ(growth->types.at(0).type, "shop.Session");
  EXPECT_THAT(traced, IsEmpty()); // explained
}

TEST_F(EscalatorTest, DoesNothingWhereNothingIsKept)
{
  report.findings.clear();
  Escalator idle = escalator(MemoryTier::allocations);
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(idle.turn());
  EXPECT_THAT(looked, IsEmpty());
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(EscalatorTest, TracesOneWorkerWhereTheHeapDoesNotExplainTheGrowth)
{
  objects_kept_each_look = 0;
  ASSERT_TRUE(escalator(MemoryTier::allocations).turn());

  EXPECT_THAT(traced, ElementsAre(101));
  EXPECT_EQ(traces_ended, 1);
  const auto seen = escalations();
  ASSERT_THAT(seen, SizeIs(4));
  EXPECT_EQ(seen[3].tier, MemoryTier::allocations);
  EXPECT_EQ(*seen[3].end - seen[3].begin, 120s);
  EXPECT_THAT(seen[3].outcome, HasSubstr("42 requests settled"));
}

TEST_F(EscalatorTest, TracesWhereTheHolderHoldsTooLittle)
{
  grown_each_look = 1ULL << 30;
  ASSERT_TRUE(escalator(MemoryTier::allocations).turn());
  EXPECT_THAT(traced, ElementsAre(101));
}

TEST_F(EscalatorTest, GoesNoFurtherThanItMay)
{
  objects_kept_each_look = 0;
  ASSERT_TRUE(escalator(MemoryTier::census).turn());
  EXPECT_THAT(traced, IsEmpty());
  EXPECT_THAT(escalations(), SizeIs(2));
}

TEST_F(EscalatorTest, LeavesAServerAloneForAWhile)
{
  Escalator patient = escalator(MemoryTier::census);
  ASSERT_TRUE(patient.turn());
  now += 59min;
  ASSERT_TRUE(patient.turn());
  EXPECT_THAT(escalations(), SizeIs(2));
  now += 2min;
  ASSERT_TRUE(patient.turn());
  EXPECT_THAT(escalations(), SizeIs(4));
}

TEST_F(EscalatorTest, SaysWhyItCouldNotLook)
{
  look_error = Error{ Error::Kind::not_found, "the process is gone" };
  trace_error = Error{ Error::Kind::exhausted, "another trace runs" };
  ASSERT_TRUE(escalator(MemoryTier::allocations).turn());
  const auto seen = escalations();
  ASSERT_THAT(seen, SizeIs(4));
  EXPECT_THAT(seen[1].outcome, HasSubstr("the process is gone"));
  EXPECT_THAT(seen[3].outcome, HasSubstr("another trace runs"));
  EXPECT_EQ(traces_ended, 0); // it is not ours
}

TEST_F(EscalatorTest, EndsWithTheAgentAtAnyMoment)
{
  objects_kept_each_look = 0;
  for (int pauses = 0; pauses < 4; ++pauses) {
    pauses_left = pauses;
    told.clear();
    escalator(MemoryTier::allocations).run();
    EXPECT_LE(pauses_left, 0) << pauses;
  }
}

} // namespace
} // namespace linger::app
