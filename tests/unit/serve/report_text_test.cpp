#include "serve/render/report_text.h"

#include "serve/convert.h"
#include "serve/escape.h"
#include "serve/render/servers_text.h"
#include "serve/render/watch_text.h"
#include "unit/serve/fake_agent_view.h"

#include <gtest/gtest.h>
#include <sstream>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

/// A report with everything in it; `text` stands wherever a watched process has a say.
v1::Report report_with(const std::string &text)
{
  domain::Report report;
  report.clock = { domain::MonotonicTime{ 0s }, domain::WallTime{ 1'700'000'000s } };
  report.window = { domain::MonotonicTime{ 0s }, domain::MonotonicTime{ 30s } };
  report.coverage = { .requests_seen = 1203,
                      .requests_lost = 2,
                      .records_lost = 5,
                      .agent_cpu = 60ms,
                      .bpf_run = 2406us,
                      .agent_rss_bytes = 21'000'000,
                      .gaps = { "TLS peers are not told apart " + text } };

  domain::ServerReport &server = report.servers.emplace_back();
  server.server.master_tgid = 100;
  server.server.app = server.server.worker_class = server.server.container.id =
      server.server.container.runtime = server.server.container.pod_uid =
          server.server.container.pod = text;
  server.server.listen = { "127.0.0.1:8000", text };
  server.server.gaps = { text };
  server.listen_queues = {
    { .address = "127.0.0.1:8000", .limit = 128 },
    { .address = text, .length = 3, .max_length = 97, .limit = 128, .dropped = 12 }
  };
  server.escalations = {
    { .tgid = 101, .reason = text + " keeps 28.0 KiB.", .outcome = "It grew by " + text + "." },
    { .tgid = 102, .tier = domain::MemoryTier::allocations, .reason = "who knows." }
  };
  server.workers.resize(2);
  server.workers[0] = { .tgid = 101,
                        .state = domain::WorkerState::blocked,
                        .requests = 600,
                        .waits_on = text,
                        .open_request = 81ms,
                        .open_request_endpoint = text,
                        .utilization = 0.97 };
  server.workers[1].exit_reason = text;

  domain::EndpointReport &endpoint = report.endpoints.emplace_back();
  endpoint.method = "GET";
  endpoint.route = text;
  endpoint.requests = 1203;
  for (int i = 0; i < 100; ++i)
    endpoint.wall_ns.add(82'000'000);
  endpoint.times[domain::Cause::database] = 1203 * domain::Nanos(80ms);
  endpoint.times[domain::Cause::on_cpu] = 1203 * domain::Nanos(2ms);
  endpoint.calls = { .database = 28 * 1203, .cache = 1203 };
  endpoint.open_transactions = 17;
  endpoint.sites = { { .cause = domain::Cause::database,
                       .what = text,
                       .code = "app/report.py:9 in report",
                       .statement = "SELECT ?",
                       .waits = 1203,
                       .total = 96s,
                       .max = 90ms,
                       .requests = 1203 },
                     { .cause = domain::Cause::on_cpu,
                       .what = "sampled",
                       .code = "app/report.py:12 in total",
                       .statement = "",
                       .waits = 98,
                       .total = 2s,
                       .max = 20ms,
                       .requests = 90 } };
  endpoint.memory = { .retained_bytes_per_request = 28'672,
                      .low = 27'000,
                      .high = 30'000,
                      .tier = domain::MemoryTier::growth };

  domain::Finding finding = finding_named("a", "Of 82.0 ms, 80.0 ms go to " + text);
  finding.title = "The database takes most of " + text;
  finding.rule = finding.rule + text;
  finding.endpoints = { text };
  finding.workers = { 101, 102 };
  finding.evidence = { { text, 80e6, "ns", text } };
  finding.remedy = "Add an index.\nOr cache " + text;
  report.findings = { finding };
  return to_proto(report);
}

std::size_t widest_line(const std::string &text)
{
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    widest = std::max(widest, width_of(line));
  return widest;
}

bool is_harmless(const std::string &text)
{
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (printable(line) != line)
      return false;
  }
  return true;
}

TEST(ReportText, SaysThatNothingWasSeen)
{
  const std::string text = report_text({}, {});
  EXPECT_NE(text.find("FINDINGS\n  none"), std::string::npos) << text;
  EXPECT_NE(text.find("SERVERS\n  none"), std::string::npos) << text;
  EXPECT_NE(text.find("no request ended in this window"), std::string::npos) << text;
  EXPECT_NE(text.find("0 requests seen whole"), std::string::npos) << text;
}

TEST(ReportText, TellsWaitsFromLinesThatRan)
{
  const std::string text = report_text(report_with("/report/{}"), {});
  EXPECT_NE(text.find("waits: database /report/{}"), std::string::npos) << text;
  EXPECT_NE(text.find("runs: about 2.00 s in all at app/report.py:12 in total"), std::string::npos)
      << text;
}

TEST(ReportText, PutsFindingsBeforeEverythingElse)
{
  const std::string text = report_text(report_with("/report/{}"), {});
  EXPECT_LT(text.find("FINDINGS"), text.find("SERVERS"));
  EXPECT_LT(text.find("SERVERS"), text.find("ENDPOINTS"));
  EXPECT_LT(text.find("ENDPOINTS"), text.find("COVERAGE"));
}

TEST(ReportText, ShowsTheFiguresThatMatter)
{
  const std::string text = report_text(report_with("/report/{}"), { .width = 200 });
  for (const char *expected :
       { "30.0 s until 2023-11-14 22:13:50 UTC: 1,203 requests to 1 endpoint of 1 server",
         "WARNING  blocking-io-in-request", "The database takes most of /report/{}",
         "workers 101, 102 of server 100", "Do: Add an index.", "1,203       0  82.0 ms",
         "GET /report/{}", "time: database 80.0 ms (98 %), on_cpu 2.00 ms (2 %)",
         "calls: database 28 x, cache 1 x a request; 17 requests ended with a transaction open",
         "waits: database /report/{} (1,203 x, 96.0 s in all, 90.0 ms at most) at "
         "app/report.py:9 in report: SELECT ?",
         "kept: 28.7 KB a request (27.0 KB to 30.0 KB, 95 %; growth)", "blocked", "97 %", "2 lost",
         "60.0 ms of CPU time", "2.00 us a request", "TLS peers" })
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

TEST(ReportText, TellsSmallObjectsWhereSomeAreKept)
{
  v1::Report report = report_with("/report/{}");
  v1::SmallObjects &small = *report.mutable_endpoints(0)->mutable_memory()->mutable_small_objects();
  small.set_retained_bytes_per_request(1000);
  small.set_low(900);
  small.set_high(1100);
  EXPECT_NE(report_text(report, { .width = 200 })
                .find("95 %; growth), of it in small objects 1.00 KB a request (900 B to 1.10 KB, "
                      "95 %)\n"),
            std::string::npos);
  small.set_low(0);
  EXPECT_EQ(report_text(report, { .width = 200 }).find("small objects"), std::string::npos);
}

TEST(ReportText, SaysWhatWaitsToBeAcceptedWhereSomethingDid)
{
  const std::string text = report_text(report_with("[::]:80"), { .width = 200 });
  EXPECT_NE(text.find("waiting to be accepted at [::]:80: 3 of 128, at most 97; 12 attempts turned "
                      "away\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("waiting to be accepted at 127.0.0.1:8000"), std::string::npos);
}

TEST(ReportText, FitsTheWidth)
{
  const std::string words = "/a/long/path that has words and " + std::string(150, 'x');
  for (const std::size_t width : { 60, 80, 132 })
    EXPECT_LE(widest_line(report_text(report_with(words), { .width = width })), width);
  // Below that only the columns of figures may stand out.
  EXPECT_LE(widest_line(report_text(report_with(words), { .width = 10 })), 60U);
}

TEST(ReportText, LetsNothingThroughThatATerminalActsUpon)
{
  const std::string hostile = "\x1b]0;owned\x07 \u202e \xff\xfe \r\b \u009b2J {} {0} %s";
  EXPECT_TRUE(is_harmless(report_text(report_with(hostile), {})));
  EXPECT_TRUE(is_harmless(report_text(report_with(hostile), { .width = 40 })));
}

TEST(ReportText, UsesColourOnlyWhenAskedAndSaysTheSameWords)
{
  const v1::Report report = report_with("/report/{}");
  const std::string plain = report_text(report, {});
  std::string coloured = report_text(report, { .colour = true });
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(coloured.find("\x1b[33mWARNING\x1b[0m"), std::string::npos);
  for (std::size_t at = coloured.find('\x1b'); at != coloured.npos; at = coloured.find('\x1b'))
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  EXPECT_EQ(coloured, plain);
}

TEST(ReportText, CountsTheEndpointsThatItLeavesOut)
{
  v1::Report report = report_with("/a");
  for (int i = 0; i < 4; ++i)
    *report.add_endpoints() = report.endpoints(0);
  EXPECT_NE(report_text(report, { .endpoints = 2 }).find("and 3 more"), std::string::npos);
}

TEST(ServersText, ShowsConfigurationAndWorkers)
{
  const std::string text = servers_text(report_with("shop.app:app").servers(), { .width = 200 });
  EXPECT_NE(text.find("gunicorn 100: shop.app:app on 127.0.0.1:8000"), std::string::npos) << text;
  EXPECT_NE(text.find("on shop.app:app, in shop.app:app for 81.0 ms"), std::string::npos) << text;
}

TEST(ServersText, TellsWhatTheAgentDidByItself)
{
  const std::string text = servers_text(report_with("Quote").servers(), { .width = 200 });
  EXPECT_NE(
      text.find("by itself: looked into the heap of worker 101, because Quote keeps 28.0 KiB. "
                "It grew by Quote.\n"),
      std::string::npos)
      << text;
  EXPECT_NE(
      text.find("by itself: traced the allocations of worker 102, because who knows. It still "
                "does.\n"),
      std::string::npos)
      << text;
}

TEST(RequestLine, IsOneLineOfOneRequest)
{
  v1::WatchRequestsResponse response;
  *response.mutable_request() = to_proto(request_numbered(1));
  EXPECT_EQ(
      request_line(response, {}),
      "22:13:20.000     101 200   121 ms GET /nap/{}: sleep 120 ms (99 %), on_cpu 1.00 ms (1 %)\n");
  response.mutable_request()->set_route("/a\n\x1b[2J");
  const std::string hostile = request_line(response, {});
  EXPECT_EQ(std::count(hostile.begin(), hostile.end(), '\n'), 1);
  EXPECT_TRUE(is_harmless(hostile));
}

TEST(RequestLine, TellsOfLossWithOrWithoutARequest)
{
  v1::WatchRequestsResponse response;
  response.set_requests_skipped(1234);
  EXPECT_EQ(request_line(response, {}),
            "1,234 requests left out: they came faster than they were read\n");
  *response.mutable_request() = to_proto(request_numbered(1));
  EXPECT_TRUE(request_line(response, {}).starts_with("1,234 requests left out"));
}

TEST(RequestLine, TellsOneWhoComesBackWhyItMissesSome)
{
  v1::WatchRequestsResponse response;
  response.set_sequence(1);
  response.set_requests_skipped(3);
  EXPECT_EQ(request_line(response, {}), "3 requests left out: the agent no longer holds them\n");
  response.set_restarted(true);
  EXPECT_EQ(request_line(response, {}),
            "the agent was restarted, or is another one: what ended before it began is not known; "
            "3 requests since then left out\n");
  response.set_requests_skipped(0);
  EXPECT_TRUE(request_line(response, {}).ends_with("is not known\n"));
}

TEST(WorkerLines, ShowTheMomentAndEachWorker)
{
  v1::WatchWorkersResponse response;
  *response.mutable_servers() = report_with("/x\x1b").servers();
  const std::string text = worker_lines(response, { .width = 100 });
  EXPECT_TRUE(text.starts_with("00:00:00.000\n")) << text;
  EXPECT_NE(text.find("101  blocked"), std::string::npos) << text;
  EXPECT_TRUE(is_harmless(text));
  EXPECT_EQ(worker_lines({}, {}), "00:00:00.000\n  no servers\n");
}

TEST(FindingLine, SaysWhatHappenedToIt)
{
  v1::WatchFindingsResponse response;
  response.set_change(v1::WatchFindingsResponse::CHANGE_RESOLVED);
  *response.mutable_finding() = report_with("/x\x1b").findings(0);
  const std::string line = finding_line(response, {});
  EXPECT_NE(line.find("resolved WARNING blocking-io-in-request"), std::string::npos) << line;
  EXPECT_TRUE(is_harmless(line));
}

} // namespace
} // namespace linger::serve
