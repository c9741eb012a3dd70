#include "serve/render/report_html.h"

#include "serve/render/html/markup.h"
#include "unit/domain/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <string>
#include <vector>

namespace linger::serve {
namespace {

using namespace domain::test;
using testing::HasSubstr;
using testing::Not;

constexpr const char *hostile = "/<script>alert(1)</script>\"' onload=x&\x1b[2J\xe2\x80\xae";

v1::Report report_with(const std::string &text, int endpoints = 1)
{
  v1::Report report;
  report.mutable_window()->set_duration_ns(10'000'000'000);
  v1::Server &server = *report.add_servers();
  server.set_master_tgid(100);
  server.set_kind("gunicorn");
  server.set_app(text);
  v1::Worker &worker = *server.add_workers();
  worker.set_tgid(101);
  worker.set_waits_on(text);
  worker.set_open_request(text);
  v1::GrownType &type = *worker.mutable_heap_growth()->add_types();
  type.set_type(text);
  type.set_bytes(1000);
  type.add_holders()->set_text(text);
  for (int i = 0; i < endpoints; ++i) {
    v1::Endpoint &endpoint = *report.add_endpoints();
    endpoint.set_method("GET");
    endpoint.set_route(text + std::to_string(i));
    endpoint.set_requests(10);
    endpoint.mutable_wall()->set_mean_ns(100'000'000);
    endpoint.mutable_time()->set_wall_ns(1'000'000'000);
    endpoint.mutable_time()->set_database_ns(900'000'000);
    endpoint.mutable_time()->set_on_cpu_ns(100'000'000);
    v1::Site &site = *endpoint.add_sites();
    site.set_cause("database");
    site.set_total_ns(800'000'000);
    site.set_code(text);
    site.set_statement(text);
    endpoint.mutable_memory()->set_low(100);
    endpoint.mutable_memory()->set_retained_bytes(5000);
    v1::MemorySite &kept = *endpoint.mutable_memory()->add_sites();
    kept.set_what(text);
    kept.set_retained_bytes(4000);
    v1::Finding &finding = *report.add_findings();
    finding.set_rule("blocking-io-in-request");
    finding.set_severity(v1::SEVERITY_CRITICAL);
    finding.set_title(text);
    finding.set_detail(text);
    finding.set_remedy(text);
    finding.add_endpoints(text);
    v1::Evidence &evidence = *finding.add_evidence();
    evidence.set_name(text);
    evidence.set_text(text);
  }
  report.mutable_coverage()->add_gaps(text);
  return report;
}

domain::Timeline timeline_with(const std::string &route, std::size_t requests,
                               std::uint32_t workers)
{
  domain::Timeline timeline;
  for (std::size_t i = 0; i < requests; ++i) {
    domain::Request made = request(i, 0ms, 20ms);
    made.tgid = worker + static_cast<std::uint32_t>(i) % workers;
    timeline.add({ .server = master,
                   .method = "GET",
                   .route = route,
                   .offset = 1ms * static_cast<std::int64_t>(i),
                   .request = &made });
  }
  return timeline;
}

/// Every element is closed by its own end tag.
void expect_well_formed(const std::string &page)
{
  const std::regex tag{ "<(/?)([a-z0-9]+)[^>]*?(/?)>" };
  std::vector<std::string> open;
  for (std::sregex_iterator at{ page.begin(), page.end(), tag }, end; at != end; ++at) {
    const std::string name = (*at)[2];
    if (name == "meta" || !(*at)[3].str().empty())
      continue;
    if ((*at)[1].str().empty()) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    ASSERT_EQ(open.back(), name) << page.substr(static_cast<std::size_t>(at->position()), 80);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(ReportHtml, NothingFromTheNetworkBecomesMarkup)
{
  const domain::Timeline timeline = timeline_with(hostile, 3, 1);
  const std::string page = report_html(report_with(hostile), &timeline);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae"))) << "it would turn the text around";
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x&amp;"));
  expect_well_formed(page);
  // Inside of tags there are quotes around attributes only, so nothing has broken out of one.
  const std::regex attributes{
    "<[a-z0-9]+( [a-z-]+(:[a-z]+)?=\"[^\"<>]*\"| [a-zA-Z]+=\"[^\"<>]*\")*/?>"
  };
  const std::regex any_tag{ "<[a-z][^>]*>" };
  for (std::sregex_iterator at{ page.begin(), page.end(), any_tag }, end; at != end; ++at)
    EXPECT_TRUE(std::regex_match(at->str(), attributes)) << at->str();
}

TEST(ReportHtml, FetchesAndRunsNothing)
{
  const domain::Timeline timeline = timeline_with("/", 3, 1);
  const std::string page = report_html(report_with("/a"), &timeline);
  for (const char *fetching :
       { "<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "://" })
    EXPECT_THAT(page, Not(HasSubstr(fetching)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(ReportHtml, HoldsEveryPart)
{
  const domain::Timeline timeline = timeline_with("/report/{}", 3, 1);
  const std::string page = report_html(report_with("/report/{}"), &timeline);
  for (const char *part :
       { "<html lang=\"en\">", "prefers-color-scheme: dark", "blocking-io-in-request",
         "All 3 requests", "class=\"c-database\"", "role=\"img\"", "<b>Do:</b> /report/{}",
         "GET /report/{}0", "scope=\"col\"", "kept by requests: 5.00 KB",
         "grown in the heaps: 1.00 KB" })
    EXPECT_THAT(page, HasSubstr(part));
}

TEST(ReportHtml, StaysSmallWhateverTheReportHolds)
{
  const std::string long_text(3000, 'x');
  v1::Report report = report_with(long_text, 500);
  for (int i = 0; i < 500; ++i)
    *report.mutable_servers(0)->add_workers() = report.servers(0).workers(0);
  const domain::Timeline timeline = timeline_with(long_text, 20'000, 40);
  const std::string page = report_html(report, &timeline);
  EXPECT_LT(page.size(), 900'000);
  EXPECT_THAT(page, HasSubstr("And 450 more"));
  EXPECT_THAT(page, HasSubstr("The 600 longest of 20,000 requests"));
  EXPECT_THAT(page, HasSubstr("found no room"));
  expect_well_formed(page);
}

TEST(ReportHtml, SaysWhatIsNotKnown)
{
  const std::string page = report_html({}, nullptr);
  EXPECT_THAT(page, HasSubstr("a running agent hands over no single requests"));
  EXPECT_THAT(page, HasSubstr("No request waited for anything"));
  EXPECT_THAT(page, HasSubstr("No endpoint is known to keep memory"));
  EXPECT_THAT(page, HasSubstr("None: no rule found anything"));
  expect_well_formed(page);
  const domain::Timeline empty;
  EXPECT_THAT(report_html({}, &empty), HasSubstr("No request ended in this window"));
}

TEST(ReportHtml, MemoryWithinItsBoundsIsNotDrawn)
{
  v1::Report report = report_with("/a");
  report.mutable_endpoints(0)->mutable_memory()->set_low(-10);
  EXPECT_THAT(report_html(report, nullptr), Not(HasSubstr("kept by requests")));
}

TEST(Escaped, IsSafeAndCutBetweenCharacters)
{
  EXPECT_EQ(html::escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(html::escaped("\xff"), "\\xff");
  EXPECT_EQ(html::escaped("\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4\xc3\xb6...");
  EXPECT_EQ(html::escaped("abc", 3), "abc");
  EXPECT_EQ(html::escaped("&&&", 1), "&amp;...");
  EXPECT_EQ(html::colour_class("database"), "c-database");
  EXPECT_EQ(html::colour_class("x\" onload=\"y"), "c-other");
}

} // namespace
} // namespace linger::serve
