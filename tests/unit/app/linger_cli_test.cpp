#include "app/linger_cli.h"

#include "app/agent.h"
#include "app/version.h"
#include "serve/recording.h"
#include "serve/server.h"
#include "unit/app/scripted_host.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LingerCliTest : public testing::Test {
protected:
  LingerCliTest()
  {
    std::string pattern = testing::TempDir() + "linger-cli-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~LingerCliTest() override { std::filesystem::remove_all(directory); }

  ExitStatus run(std::vector<std::string> arguments)
  {
    out.str("");
    err.str("");
    Terminal terminal{ .out = out, .err = err };
    return run_linger(std::move(arguments), terminal);
  }

  void expect_refused(const std::vector<std::string> &arguments, ExitStatus status)
  {
    EXPECT_EQ(run(arguments), status) << testing::PrintToString(arguments);
    EXPECT_THAT(out.str(), IsEmpty());
    EXPECT_THAT(err.str(), Not(IsEmpty())) << testing::PrintToString(arguments);
  }

  [[nodiscard]] std::string path(const std::string &name) const { return directory + "/" + name; }

  static std::string content(const std::string &path)
  {
    std::ifstream file{ path, std::ios::binary };
    return { std::istreambuf_iterator<char>{ file }, {} };
  }

  /// A recording of ten seconds in which `count` requests waited 100 ms each for a database.
  void record_slow_requests(const std::string &path, std::uint64_t count,
                            domain::Nanos waited = 100ms)
  {
    const auto clock = [](domain::Nanos time) {
      return domain::ClockAnchor{ .monotonic = domain::MonotonicTime{ time },
                                  .wall = domain::WallTime{ time } };
    };
    auto writer = serve::RecordingWriter::create(
        path, { .agent_version = std::string{ version }, .clock = clock(1s) });
    ASSERT_TRUE(writer) << writer.error().what;
    ASSERT_TRUE(writer->write(domain::WindowMark{ .clock = clock(1s) }));
    ASSERT_TRUE(writer->write(domain::ServersSeen{ .time = domain::MonotonicTime{ 1s },
                                                   .servers = { a_server(100, { 101 }) } }));
    for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
      const domain::Nanos end = 1s + sequence * 150ms;
      domain::Request request = a_request(101, end, sequence, "/report/17");
      request.window.begin = domain::MonotonicTime{ end - waited - 10ms };
      request.times[domain::Cause::database] = waited;
      ASSERT_TRUE(writer->write(request));
    }
    ASSERT_TRUE(writer->write(domain::WindowMark{ .clock = clock(11s) }));
    ASSERT_TRUE(writer->finish());
  }

  std::string directory;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(LingerCliTest, RefusesWhatItDoesNotUnderstandAndPrintsNoResult)
{
  expect_refused({}, ExitStatus::usage);
  expect_refused({ "diagnos" }, ExitStatus::usage);
  expect_refused({ "diagnose", "extra" }, ExitStatus::usage);
  expect_refused({ "heap" }, ExitStatus::usage);
  expect_refused({ "heap", "--pid", "1", "--diff", "soon" }, ExitStatus::usage);
  expect_refused({ "heap", "--pid", "0" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--duration", "30" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--duration", "2h" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--duration" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--format", "pdf" }, ExitStatus::usage);
  expect_refused({ "compare", "x", "y", "--format", "html" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--format", "1" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--fail-on", "error" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--memory", "all" }, ExitStatus::usage);
  for (const char *percent : { "0", "-1", "101", "nan", "two", "" })
    expect_refused({ "diagnose", "--trace-budget", percent }, ExitStatus::usage);
  expect_refused({ "diagnose", "--sample-bytes", "0" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--settle", "10" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--ring-buffer-bytes", "5000" }, ExitStatus::usage);
  for (const char *tgid : { "0", "-1", "abc", "4294967296", "1.5", "" })
    expect_refused({ "diagnose", "--pid", tgid }, ExitStatus::usage);
  expect_refused({ "diagnose", "--agent", "unix:///x", "--no-agent" }, ExitStatus::usage);
  expect_refused({ "diagnose", "--agent", "unix:///x", "--config", "y" }, ExitStatus::usage);
  expect_refused({ "profile" }, ExitStatus::usage);
  expect_refused({ "profile", "--kind", "wall" }, ExitStatus::usage);
  expect_refused({ "profile", "--kind", "blocked", "--format", "svg" }, ExitStatus::usage);
  for (const char *option : { "--pid", "--duration", "--settle", "--agent" })
    expect_refused({ "profile", "--kind", "blocked", "--from", "x", option, "1s" },
                   ExitStatus::usage);
  expect_refused({ "watch" }, ExitStatus::usage);
  expect_refused({ "watch", "everything" }, ExitStatus::usage);
  expect_refused({ "record" }, ExitStatus::usage);
  expect_refused({ "replay" }, ExitStatus::usage);
  expect_refused({ "compare", "only-one" }, ExitStatus::usage);
  expect_refused({ "compare", "x", "y", "--tolerance", "-1" }, ExitStatus::usage);
  expect_refused({ "compare", "x", "y", "--tolerance", "nan" }, ExitStatus::usage);
  expect_refused({ "compare", "x", "y", "--tolerance-time", "1" }, ExitStatus::usage);
}

TEST_F(LingerCliTest, ComparesTwoRecordings)
{
  record_slow_requests(path("before"), 60, 5ms);
  record_slow_requests(path("after"), 60, 100ms);
  EXPECT_EQ(run({ "compare", path("before"), path("after") }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("CRITICAL  GET /report/{}"));
  EXPECT_THAT(out.str(), HasSubstr("database went 5.00 ms -> 100 ms"));
  EXPECT_EQ(run({ "compare", path("before"), path("after"), "--fail-on", "critical" }),
            ExitStatus::finding);
  EXPECT_EQ(run({ "compare", path("before"), path("before"), "--fail-on", "info" }),
            ExitStatus::done);
  EXPECT_EQ(run({ "compare", path("before"), path("after"), "--format", "json", "--output",
                  path("out.json") }),
            ExitStatus::done);
  EXPECT_THAT(out.str(), IsEmpty());
  EXPECT_THAT(content(path("out.json")), HasSubstr("VERDICT_REGRESSED"));
  expect_refused({ "compare", path("before"), path("missing") }, ExitStatus::usage);
  EXPECT_THAT(err.str(), HasSubstr("missing"));
}

TEST_F(LingerCliTest, WithABaselineOnlyNewFindingsFail)
{
  record_slow_requests(path("well"), 40, 5ms);
  record_slow_requests(path("slow"), 40);
  const auto replay = [&](const std::string &baseline) {
    return run({ "replay", path("slow"), "--fail-on", "info", "--baseline", path(baseline) });
  };
  EXPECT_EQ(replay("well"), ExitStatus::finding);
  EXPECT_THAT(err.str(), HasSubstr("blocking-io-in-request"));
  EXPECT_EQ(replay("slow"), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("blocking-io-in-request")) << "it is still told";
  EXPECT_THAT(err.str(), HasSubstr("no finding is new or worse"));
  expect_refused({ "replay", path("slow"), "--baseline", path("missing") }, ExitStatus::usage);
}

TEST_F(LingerCliTest, HelpAndVersionAreResults)
{
  EXPECT_EQ(run({ "--help" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("linger diagnose --pid"));
  EXPECT_EQ(run({ "diagnose", "--help" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("--fail-on info|warning|critical"));
  EXPECT_EQ(run({ "--version" }), ExitStatus::done);
  EXPECT_EQ(out.str(), "linger " + std::string{ version } + "\n");
  EXPECT_THAT(err.str(), IsEmpty());
}

TEST_F(LingerCliTest, TheVersionIsTheProjects)
{
  const std::string here = __FILE__; // .../tests/unit/app/linger_cli_test.cpp
  EXPECT_THAT(content(here.substr(0, here.rfind("tests/unit/")) + "CMakeLists.txt"),
              HasSubstr("project(linger VERSION " + std::string{ version } + " "));
}

TEST_F(LingerCliTest, SaysThatAProcessIsNoServer)
{
  const std::string self = std::to_string(::getpid());
  for (const std::string &command : { std::string{ "servers" }, std::string{ "diagnose" } }) {
    expect_refused({ command, "--no-agent", "--pid", self }, ExitStatus::no_such_server);
    EXPECT_THAT(err.str(), HasSubstr(self));
  }
  expect_refused({ "record", "-o", path("new"), "--pid", self }, ExitStatus::no_such_server);
  EXPECT_FALSE(std::filesystem::exists(path("new")));
}

TEST_F(LingerCliTest, SaysThatNoAgentListens)
{
  expect_refused({ "diagnose", "--agent", "unix://" + path("none.sock") },
                 ExitStatus::no_such_server);
  expect_refused({ "servers", "--agent", "nonsense" }, ExitStatus::usage);
}

TEST_F(LingerCliTest, RefusesAConfigurationThatIsWrong)
{
  std::ofstream{ path("linger.toml") } << "[agent]\nlistn = 1\n";
  expect_refused({ "diagnose", "--config", path("linger.toml") }, ExitStatus::usage);
  EXPECT_THAT(err.str(), HasSubstr("linger.toml:2: unknown key agent.listn"));
  expect_refused({ "diagnose", "--config", path("none.toml") }, ExitStatus::usage);
}

TEST_F(LingerCliTest, ReplaysARecordingAsTextAndAsJson)
{
  record_slow_requests(path("slow.linger"), 40);

  EXPECT_EQ(run({ "replay", path("slow.linger") }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("/report/{}"));
  EXPECT_THAT(err.str(), IsEmpty());

  EXPECT_EQ(run({ "replay", path("slow.linger"), "--format", "json" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("\"blocking-io-in-request\""));
}

TEST_F(LingerCliTest, ProfilesARecording)
{
  record_slow_requests(path("slow.linger"), 40);

  EXPECT_EQ(
      run({ "profile", "--kind", "blocked", "--from", path("slow.linger"), "--format", "folded" }),
      ExitStatus::done);
  EXPECT_EQ(out.str(), "GET /report/{};worker 101;database;(waits too short to be looked at) "
                       "4000000000\n");
  EXPECT_EQ(run({ "profile", "--kind", "on-cpu", "--from", path("slow.linger"), "-o",
                  path("cpu.pb.gz") }),
            ExitStatus::done);
  EXPECT_THAT(out.str(), IsEmpty());
  EXPECT_EQ(content(path("cpu.pb.gz")).substr(0, 2), "\x1f\x8b");

  std::ofstream{ path("linger.toml") } << "[routes]\npatterns = [\"/report/17\"]\n";
  EXPECT_EQ(run({ "profile", "--kind", "blocked", "--from", path("slow.linger"), "--format",
                  "speedscope", "--config", path("linger.toml") }),
            ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("GET /report/17"));
}

TEST_F(LingerCliTest, SaysWhyThereIsNoProfile)
{
  record_slow_requests(path("slow.linger"), 1);
  expect_refused({ "profile", "--kind", "retained", "--from", path("slow.linger") },
                 ExitStatus::usage);
  EXPECT_THAT(err.str(), HasSubstr("--memory allocations"));
  expect_refused({ "profile", "--kind", "blocked", "--from", path("none.linger") },
                 ExitStatus::usage);
  const std::string whole = content(path("slow.linger"));
  std::ofstream{ path("cut"), std::ios::binary } << whole.substr(0, whole.size() - 1);
  expect_refused({ "profile", "--kind", "blocked", "--from", path("cut"), "-o", path("new") },
                 ExitStatus::usage);
  EXPECT_FALSE(std::filesystem::exists(path("new")));
  expect_refused(
      { "profile", "--kind", "blocked", "--from", path("slow.linger"), "-o", path("none/new") },
      ExitStatus::usage);
  Terminal screen{ .out = out, .err = err, .out_is_terminal = true };
  EXPECT_EQ(run_linger({ "profile", "--kind", "blocked", "--from", path("slow.linger") }, screen),
            ExitStatus::usage);
}

TEST_F(LingerCliTest, FailsOnFindingsOfTheSeverityAskedForAndPrintsThemAllTheSame)
{
  record_slow_requests(path("slow.linger"), 40);
  EXPECT_EQ(run({ "replay", path("slow.linger"), "--fail-on", "info" }), ExitStatus::finding);
  EXPECT_THAT(out.str(), HasSubstr("/report/{}"));

  record_slow_requests(path("quiet.linger"), 1);
  EXPECT_EQ(run({ "replay", path("quiet.linger"), "--fail-on", "info" }), ExitStatus::done);
}

TEST_F(LingerCliTest, TheConfigurationsThresholdsHoldInAReplay)
{
  record_slow_requests(path("slow.linger"), 40);
  std::ofstream{ path("linger.toml") } << "[findings]\nblocking_min_mean_ms = 500\n"
                                          "saturated_min_utilization_ratio = 1\n";
  EXPECT_EQ(
      run({ "replay", path("slow.linger"), "--fail-on", "info", "--config", path("linger.toml") }),
      ExitStatus::done);
}

TEST_F(LingerCliTest, WritesTheReportToAFileInstead)
{
  record_slow_requests(path("slow.linger"), 40);

  EXPECT_EQ(run({ "replay", path("slow.linger"), "--output", path("report.txt") }),
            ExitStatus::done);
  EXPECT_THAT(out.str(), IsEmpty());
  EXPECT_THAT(content(path("report.txt")), HasSubstr("/report/{}"));

  expect_refused({ "replay", path("slow.linger"), "--output", path("none/report.txt") },
                 ExitStatus::usage);
  expect_refused({ "replay", path("slow.linger"), "--output", "/dev/full" }, ExitStatus::internal);
}

TEST_F(LingerCliTest, RefusesARecordingThatIsDamagedAnywhere)
{
  expect_refused({ "replay", path("none.linger") }, ExitStatus::usage);
  std::ofstream{ path("garbage") } << "no recording at all";
  expect_refused({ "replay", path("garbage") }, ExitStatus::usage);

  record_slow_requests(path("slow.linger"), 3);
  const std::string whole = content(path("slow.linger"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream{ path("cut"), std::ios::binary } << whole.substr(0, size);
    ASSERT_NO_FATAL_FAILURE(expect_refused({ "replay", path("cut") }, ExitStatus::usage)) << size;
  }
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    std::string changed = whole;
    changed[byte] = static_cast<char>(changed[byte] ^ 0x40);
    std::ofstream{ path("changed"), std::ios::binary } << changed;
    const ExitStatus status = run({ "replay", path("changed") });
    EXPECT_TRUE(status == ExitStatus::usage || status == ExitStatus::refused) << byte;
    EXPECT_THAT(out.str(), IsEmpty()) << byte;
  }
}

/// A real agent on a scripted host, behind a real socket.
class LingerCliWithAgentTest : public LingerCliTest {
protected:
  LingerCliWithAgentTest()
  {
    script.servers = { a_server(100, { 101, 102 }) };
    auto started = Agent::start(Config{}, {}, opener_of(script));
    EXPECT_TRUE(started);
    agent = std::move(*started);
    auto serving = serve::Server::start({ address }, *agent);
    EXPECT_TRUE(serving) << serving.error().what;
    server = std::make_unique<serve::Server>(std::move(*serving));
  }

  HostScript script;
  std::string address = "unix://" + directory + "/agent.sock";
  std::unique_ptr<Agent> agent;
  std::unique_ptr<serve::Server> server; // ends before the agent
};

TEST_F(LingerCliWithAgentTest, ListsTheServersOfARunningAgent)
{
  EXPECT_EQ(run({ "servers", "--agent", address, "--format", "json" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("\"masterTgid\": 100"));
  EXPECT_EQ(run({ "servers", "--agent", address, "--pid", "102" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("shop:app"));
  expect_refused({ "servers", "--agent", address, "--pid", "4711" }, ExitStatus::no_such_server);
}

TEST_F(LingerCliWithAgentTest, ProfilesThroughARunningAgent)
{
  EXPECT_EQ(run({ "profile", "--kind", "blocked", "--agent", address, "--duration", "100ms",
                  "--format", "speedscope" }),
            ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("speedscope.app"));
  EXPECT_THAT(err.str(), HasSubstr("nothing to show"));
  expect_refused({ "profile", "--kind", "blocked", "--agent", address, "--pid", "4711" },
                 ExitStatus::no_such_server);
}

TEST_F(LingerCliWithAgentTest, DiagnosesThroughARunningAgent)
{
  EXPECT_EQ(run({ "diagnose", "--agent", address, "--duration", "100ms" }), ExitStatus::done);
  EXPECT_THAT(out.str(), HasSubstr("shop:app"));
  EXPECT_THAT(err.str(), IsEmpty()); // no terminal, no progress
  expect_refused({ "diagnose", "--agent", address, "--pid", "4711" }, ExitStatus::no_such_server);
}

TEST_F(LingerCliWithAgentTest, WatchesForAsLongAsAskedALineOfJsonAMessage)
{
  EXPECT_EQ(
      run({ "watch", "workers", "--agent", address, "--duration", "300ms", "--format", "json" }),
      ExitStatus::done);
  const std::string first_line = out.str().substr(0, out.str().find('\n'));
  EXPECT_THAT(first_line, testing::StartsWith("{"));
  EXPECT_THAT(first_line, testing::EndsWith("}"));
  EXPECT_THAT(first_line, HasSubstr("\"masterTgid\":100"));
  expect_refused({ "watch", "requests", "--agent", address, "--pid", "4711" },
                 ExitStatus::no_such_server);
}

TEST_F(LingerCliWithAgentTest, SaysThatTheAgentWentAwayAndTriesAgain)
{
  std::jthread killer{ [&] {
    while (script.with([](HostScript &shared) { return shared.watched.empty(); }))
      std::this_thread::yield();
    std::this_thread::sleep_for(200ms); // while the call below is open, or before: both are told
    server->stop();
  } };
  const ExitStatus status = run({ "watch", "workers", "--agent", address, "--duration", "2s" });

  if (status == ExitStatus::done)
    EXPECT_THAT(err.str(), testing::StartsWith("linger: trying again: the agent on "));
  else
    EXPECT_EQ(status, ExitStatus::no_such_server) << err.str();
}

} // namespace
} // namespace linger::app
