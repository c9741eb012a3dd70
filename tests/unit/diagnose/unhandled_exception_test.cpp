#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::FailureReport;
using domain::Finding;
using domain::Report;

std::vector<Finding> raised(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "unhandled-exception");
}

const FailureReport key_error{ .status = 500,
                               .exception_type = "KeyError",
                               .exception_code = "shop/cart.py:31 in total",
                               .requests = 6 };

/// 100 requests to an endpoint, and 100 to another one.
Report failing(std::vector<FailureReport> failures)
{
  Report report = report_of(2, 0.1);
  auto &endpoint = add_endpoint(report, "/cart/{}", 100, { { Cause::on_cpu, 1ms } });
  for (const FailureReport &failure : failures)
    endpoint.errors += failure.requests;
  endpoint.failures = std::move(failures);
  add_endpoint(report, "/hello", 100, { { Cause::on_cpu, 1ms } });
  return report;
}

TEST(UnhandledExceptionTest, NamesTheTypeAndTheLine)
{
  const auto findings = raised(failing({ key_error }));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "unhandled-exception:100:GET /cart/{}");
  EXPECT_EQ(finding.severity, domain::Severity::warning);
  EXPECT_EQ(finding.title, "6 of 100 requests of GET /cart/{} failed: KeyError at "
                           "shop/cart.py:31 in total");
  EXPECT_EQ(cited(finding, "KeyError at shop/cart.py:31 in total (500)"), 6);
  EXPECT_EQ(cited(finding, "part of the endpoint's requests"), 0.06);
  EXPECT_EQ(cited(finding, "part of the server's requests"), 0.03);
  EXPECT_NE(finding.remedy.find("shop/cart.py:31"), std::string::npos);
}

TEST(UnhandledExceptionTest, IsCriticalWhenTheServerMostlyFails)
{
  FailureReport often = key_error;
  often.requests = 20;

  ASSERT_EQ(raised(failing({ often })).size(), 1U);
  EXPECT_EQ(raised(failing({ often }))[0].severity, domain::Severity::critical);
}

TEST(UnhandledExceptionTest, SaysThatNoTracebackWasSeen)
{
  const auto findings = raised(failing({ { .status = 500, .requests = 7 } }));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].detail.find("No traceback was seen"), std::string::npos);
  EXPECT_EQ(cited(findings[0], "answered with 500, no traceback seen"), 7);
}

TEST(UnhandledExceptionTest, CountsWhatWasSeenBeforeTracebacksWereLookedFor)
{
  const auto findings = raised(failing({ key_error, { .status = 500, .requests = 1 } }));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(cited(findings[0], "failed requests"), 7);
  EXPECT_NE(findings[0].detail.find("A traceback was seen of 6"), std::string::npos);
}

TEST(UnhandledExceptionTest, AdvisesOtherwiseAboutAPeerThatDoesNotAnswer)
{
  FailureReport peer = key_error;
  peer.exception_type = "redis.exceptions.TimeoutError";

  ASSERT_EQ(raised(failing({ peer })).size(), 1U);
  EXPECT_NE(raised(failing({ peer }))[0].remedy.find("503 with Retry-After"), std::string::npos);
}

TEST(UnhandledExceptionTest, IsSilentAboutWhatAnApplicationAnswersOnPurpose)
{
  EXPECT_TRUE(raised(failing({ { .status = 503, .requests = 50 } })).empty());
  EXPECT_TRUE(raised(failing({ { .status = 501, .requests = 50 } })).empty());
  // The worker died, or the client went away.
  EXPECT_TRUE(raised(failing({ { .status = 0, .requests = 50 } })).empty());
}

TEST(UnhandledExceptionTest, SpeaksOfEveryFailureWithATraceback)
{
  FailureReport unavailable = key_error;
  unavailable.status = 503;
  EXPECT_EQ(raised(failing({ unavailable })).size(), 1U);
  unavailable.status = 0;
  EXPECT_EQ(raised(failing({ unavailable })).size(), 1U);
}

TEST(UnhandledExceptionTest, IsSilentAboutAnAccidentAndAboutNone)
{
  FailureReport rare = key_error;
  rare.requests = 2;

  EXPECT_TRUE(raised(failing({ rare })).empty());
  EXPECT_EQ(raised(failing({ rare }), { .exception_min_requests = 2 }).size(), 1U);
  EXPECT_TRUE(raised(failing({})).empty());
}

} // namespace
} // namespace linger::diagnose
