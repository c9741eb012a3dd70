#include "domain/exemplar.h"

#include "unit/domain/evidence_fixture.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

Exemplar of(Nanos wall, std::uint8_t trace)
{
  return { .trace = { .trace_id = { trace }, .flags = 1 }, .wall = wall };
}

TEST(ExemplarsTest, KeepTheLatestOfEachMagnitude)
{
  Exemplars exemplars;
  exemplars.add(of(80ms, 1));
  exemplars.add(of(1ms, 2));
  exemplars.add(of(81ms, 3));
  exemplars.add(of(0ms, 4));
  EXPECT_EQ(exemplars.all(), (std::vector{ of(0ms, 4), of(1ms, 2), of(81ms, 3) }));
}

using EvidenceExemplarsTest = EvidenceFixture;

TEST_F(EvidenceExemplarsTest, AreThoseOfRequestsWhoseTraceIsRecorded)
{
  Request recorded = request(1, 0ms, 100ms, "/nap/1");
  recorded.trace = TraceContext{ .trace_id = { 1 }, .span_id = { 2 }, .flags = 1 };
  Request unrecorded = request(2, 100ms, 900ms, "/nap/2");
  unrecorded.trace = TraceContext{ .trace_id = { 3 }, .span_id = { 4 }, .flags = 0 };
  evidence.add(recorded);
  evidence.add(unrecorded);
  evidence.add(request(3, 900ms, 950ms, "/nap/3"));

  EXPECT_EQ(report().endpoints.at(0).exemplars,
            (std::vector{ Exemplar{ *recorded.trace, 100ms, recorded.window.end } }));
}

TEST(ExemplarsTest, AreFewHoweverManyRequestsThereAre)
{
  Exemplars exemplars;
  for (int i = 0; i < 100'000; ++i)
    exemplars.add(of(Nanos{ i * 997LL }, 1));
  EXPECT_LE(exemplars.all().size(), 28U);
}

} // namespace
} // namespace linger::domain
