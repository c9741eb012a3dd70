#include "serve/render/comparison_text.h"

#include "diagnose/compare.h"
#include "serve/convert_comparison.h"
#include "serve/render/json.h"
#include "unit/diagnose/recorded_traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace diagnose::test;
using testing::HasSubstr;
using testing::Not;

v1::Comparison comparison_of(const Traffic &before, const Traffic &after)
{
  domain::Recorded first = recorded_of(before, 1);
  domain::Recorded second = recorded_of(after, 2);
  second.report.findings.push_back({ .rule = "workers-saturated",
                                     .severity = domain::Severity::critical,
                                     .title = "All workers are busy",
                                     .remedy = "Add workers.",
                                     .server = 100 });
  return to_proto(diagnose::compare(first, second, {}));
}

TEST(ComparisonText, TellsTheRegressionItsCauseAndTheNewFinding)
{
  const std::string text =
      comparison_text(comparison_of({ .typical_ms = 20 }, { .typical_ms = 60 }), { .width = 200 });
  EXPECT_THAT(text, HasSubstr("  CRITICAL  GET /report/{}, shop\n"));
  EXPECT_THAT(text, HasSubstr("- slower: p50 "));
  EXPECT_THAT(text, HasSubstr("database went"));
  EXPECT_THAT(text, HasSubstr("300 requests before, 300 after, in 30 and 30 blocks of 1.00 s"));
  EXPECT_THAT(text, HasSubstr("new: CRITICAL workers-saturated: All workers are busy\n"));
  EXPECT_THAT(text, HasSubstr("    Do: Add workers.\n"));
  EXPECT_THAT(text, HasSubstr("worse    300 -> 300"));
}

TEST(ComparisonText, SaysThatNothingRegressed)
{
  const std::string text = comparison_text(comparison_of({}, {}), { .width = 200 });
  EXPECT_THAT(text, HasSubstr("REGRESSIONS\n  none\n"));
  EXPECT_THAT(text, Not(HasSubstr("IMPROVEMENTS")));
  EXPECT_THAT(text, HasSubstr("same     300 -> 300"));
}

TEST(ComparisonText, NothingFromARecordingReachesTheTerminalRaw)
{
  const std::string text = comparison_text(
      comparison_of({ .route = "/\x1b[2J" }, { .route = "/\x1b[2J", .typical_ms = 90 }), {});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
}

TEST(ComparisonJson, HasTheFieldsThatScriptsRead)
{
  const Result<std::string> json =
      json_text(comparison_of({ .typical_ms = 20 }, { .typical_ms = 60 }));
  ASSERT_TRUE(json);
  for (const char *field :
       { "\"verdict\": \"VERDICT_REGRESSED\"", "\"aspect\": \"ASPECT_TYPICAL_LATENCY\"",
         "\"severity\": \"SEVERITY_CRITICAL\"", "\"requestsBefore\": \"300\"",
         "\"pValue\":", "\"presence\": \"PRESENCE_APPEARED\"", "\"toleranceRatio\": 0.1" })
    EXPECT_THAT(*json, HasSubstr(field));
}

TEST(ConvertComparison, LeavesOutTimesThatWereNotCompared)
{
  const v1::Comparison comparison =
      comparison_of({ .seconds = 5 }, { .seconds = 5, .typical_ms = 900 });
  EXPECT_EQ(comparison.endpoints(0).verdict(), v1::VERDICT_NOT_COMPARED);
  EXPECT_FALSE(comparison.endpoints(0).has_p50());
  EXPECT_THAT(comparison_text(comparison, { .width = 200 }),
              HasSubstr("times were not compared: a recording of less than 8 s"));
}

} // namespace
} // namespace linger::serve
