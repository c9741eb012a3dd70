#include "serve/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using domain::Severity;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Property;

v1::Report report_of(std::uint32_t master, const std::string &app)
{
  v1::Report report;
  v1::Server &server = *report.add_servers();
  server.set_master_tgid(master);
  server.set_kind("gunicorn");
  server.set_app(app);
  return report;
}

void add_finding(v1::Report &report, const std::string &rule, v1::Severity severity,
                 const std::string &endpoint)
{
  v1::Finding &finding = *report.add_findings();
  finding.set_rule(rule);
  finding.set_severity(severity);
  finding.add_endpoints(endpoint);
  finding.set_server(report.servers(0).master_tgid());
}

TEST(Baseline, KnownFindingsOfARestartedServerAreKnown)
{
  v1::Report before = report_of(100, "shop");
  v1::Report after = report_of(4711, "shop");
  add_finding(before, "memory-retained", v1::SEVERITY_WARNING, "GET /a");
  add_finding(after, "memory-retained", v1::SEVERITY_WARNING, "GET /a");
  EXPECT_THAT(findings_beyond(before, after, Severity::info), IsEmpty());
}

TEST(Baseline, NewAndWorseOnesOfTheSeverityAskedForAreNot)
{
  v1::Report before = report_of(100, "shop");
  v1::Report after = report_of(100, "shop");
  add_finding(before, "memory-retained", v1::SEVERITY_WARNING, "GET /a");
  add_finding(after, "memory-retained", v1::SEVERITY_CRITICAL, "GET /a");
  add_finding(after, "memory-retained", v1::SEVERITY_INFO, "GET /b");
  EXPECT_THAT(findings_beyond(before, after, Severity::info),
              ElementsAre(Property(&v1::Finding::severity, v1::SEVERITY_CRITICAL),
                          Property(&v1::Finding::severity, v1::SEVERITY_INFO)));
  EXPECT_THAT(findings_beyond(before, after, Severity::warning),
              ElementsAre(Property(&v1::Finding::severity, v1::SEVERITY_CRITICAL)));
}

TEST(Baseline, AnotherServicesFindingIsNew)
{
  v1::Report before = report_of(100, "shop");
  add_finding(before, "worker-timeout", v1::SEVERITY_CRITICAL, "GET /");
  v1::Server &blog = *before.add_servers();
  blog.set_master_tgid(200);
  blog.set_app("blog");
  v1::Report after = report_of(300, "blog");
  add_finding(after, "worker-timeout", v1::SEVERITY_CRITICAL, "GET /");
  EXPECT_EQ(findings_beyond(before, after, Severity::critical).size(), 1);
}

} // namespace
} // namespace linger::serve
