// The calls that answer once, over a real unix socket.

#include "unit/serve/served_test.h"

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>
#include <map>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using google::protobuf::util::TimeUtil;

class DiagnosticsServiceTest : public ServedTest {};

TEST_F(DiagnosticsServiceTest, ReportsAtOnceWithoutAWindow)
{
  const auto report = connected().get_report({ 0s, { 101 } });
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->coverage().requests_seen(), 7U);
  EXPECT_EQ(report->window().duration_ns(), 30'000'000'000U);
}

TEST_F(DiagnosticsServiceTest, ObservesForAWindow)
{
  const auto begin = std::chrono::steady_clock::now();
  const auto report = connected().get_report({ 200ms, {} });
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
}

TEST_F(DiagnosticsServiceTest, RefusesAWindowOutOfRange)
{
  for (const domain::Nanos window : { domain::Nanos(-1ns), domain::Nanos(-1h),
                                      domain::Nanos(1h + 1ns), domain::Nanos(200'000h) }) {
    const auto report = connected().get_report({ window, {} });
    ASSERT_FALSE(report) << window.count();
    EXPECT_EQ(report.error().kind, Error::Kind::usage);
    EXPECT_EQ(report.error().what, "window must be between 0 ns and 1 h");
  }
}

TEST_F(DiagnosticsServiceTest, LooksIntoHeapsOnlyWhereAskedTo)
{
  ASSERT_TRUE(connected().get_report({ 10ms, {} }));
  EXPECT_EQ(agent_.asked_memory(), domain::MemoryTier::growth);
  ASSERT_TRUE(connected().get_report({ 10ms, {}, domain::MemoryTier::census }));
  EXPECT_EQ(agent_.asked_memory(), domain::MemoryTier::census);

  const auto at_once = connected().get_report({ 0s, {}, domain::MemoryTier::census });
  ASSERT_FALSE(at_once);
  EXPECT_EQ(at_once.error().kind, Error::Kind::usage);
}

TEST_F(DiagnosticsServiceTest, TracesAllocationsAsAskedTo)
{
  const domain::AllocationQuery asked{ .interval_bytes = 512,
                                       .settle = { .after = 3s, .requests = 20 },
                                       .budget_share = 0.5 };
  ASSERT_TRUE(connected().get_report({ 10ms, {}, domain::MemoryTier::allocations, asked }));
  EXPECT_EQ(agent_.asked_memory(), domain::MemoryTier::allocations);
  EXPECT_EQ(agent_.asked_allocations(), asked);
}

TEST_F(DiagnosticsServiceTest, RefusesATraceThatMakesNoSense)
{
  const auto refuses = [&](domain::Nanos window, const domain::AllocationQuery &query) {
    const auto report =
        connected().get_report({ window, {}, domain::MemoryTier::allocations, query });
    return !report && report.error().kind == Error::Kind::usage;
  };
  EXPECT_TRUE(refuses(0s, {}));
  EXPECT_TRUE(refuses(10ms, { .interval_bytes = (1ULL << 30) + 1 }));
  EXPECT_TRUE(refuses(10ms, { .settle = { .after = 2h } }));
  EXPECT_TRUE(refuses(10ms, { .budget_share = 1.01 }));
  EXPECT_TRUE(refuses(10ms, { .budget_share = -1 }));
}

TEST_F(DiagnosticsServiceTest, GivesAProfileOfEachKindInTheFormatAskedFor)
{
  const std::map<domain::ProfileKind, std::string> stacks{
    { domain::ProfileKind::blocked, "GET /a;worker 101;f (a.py:1) 7\n" },
    { domain::ProfileKind::on_cpu, "GET /a;worker 101;f (a.py:1) 7\n" },
    { domain::ProfileKind::allocated, "GET /a;worker 101;f (a.py:1) 7\n" },
    { domain::ProfileKind::retained, "GET /a;worker 101;f (a.py:1) 7\n" },
  };
  for (const auto &[kind, folded] : stacks) {
    const auto profile = connected().get_profile({ kind, 10ms, {}, {} }, ProfileFormat::folded);
    ASSERT_TRUE(profile) << profile.error().what;
    EXPECT_EQ(profile->file(), folded);
    ASSERT_EQ(profile->notes_size(), 1);
    EXPECT_EQ(profile->notes(0), "a \\xff note");
  }
  const auto pprof =
      connected().get_profile({ domain::ProfileKind::blocked, 10ms, {}, {} }, ProfileFormat::pprof);
  ASSERT_TRUE(pprof) << pprof.error().what;
  EXPECT_EQ(pprof->file().substr(0, 2), "\x1f\x8b"); // gzip
  const auto json = connected().get_profile({ domain::ProfileKind::blocked, 10ms, {}, {} },
                                            ProfileFormat::speedscope);
  ASSERT_TRUE(json) << json.error().what;
  EXPECT_EQ(json->file().front(), '{');
}

TEST_F(DiagnosticsServiceTest, TracesForAProfileOfAllocationsAsAskedTo)
{
  const domain::AllocationQuery asked{ .interval_bytes = 512, .budget_share = 0.5 };
  ASSERT_TRUE(connected().get_profile({ domain::ProfileKind::retained, 10ms, {}, asked },
                                      ProfileFormat::pprof));
  EXPECT_EQ(agent_.asked_allocations(), asked);
}

TEST_F(DiagnosticsServiceTest, TracesAllocationsByLine)
{
  const auto stub = v1::Diagnostics::NewStub(
      grpc::CreateChannel("unix:" + path(), grpc::InsecureChannelCredentials()));
  v1::TraceAllocationsRequest request;
  v1::TraceAllocationsResponse response;
  const auto status = [&] {
    grpc::ClientContext context;
    return stub->TraceAllocations(&context, request, &response).error_code();
  };
  EXPECT_EQ(status(), grpc::StatusCode::INVALID_ARGUMENT); // no window
  *request.mutable_window() = TimeUtil::MillisecondsToDuration(10);
  request.mutable_tracing()->set_interval_bytes(512);
  ASSERT_EQ(status(), grpc::StatusCode::OK);
  EXPECT_EQ(agent_.asked_allocations().interval_bytes, 512);
  ASSERT_EQ(response.lines_size(), 1);
  EXPECT_EQ(response.lines(0).server(), 100U);
  EXPECT_EQ(response.lines(0).worker(), 101U);
  EXPECT_EQ(response.lines(0).endpoint(), "GET /a");
  EXPECT_EQ(response.lines(0).code(), "a.py:1 in f");
  EXPECT_EQ(response.lines(0).retained_bytes(), 7U);
  EXPECT_EQ(response.notes_size(), 1);
  request.mutable_tracing()->set_budget_percent(101);
  EXPECT_EQ(status(), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_tracing()->clear_budget_percent();
  request.add_tgids(4711);
  EXPECT_EQ(status(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(DiagnosticsServiceTest, TakesOneCensusOrTellsWhatGrewBetweenTwo)
{
  const auto one = connected().take_census({ .worker = 101, .window = {}, .types = { "Session" } });
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(one->tgid(), 101U);
  ASSERT_EQ(one->types_size(), 1);
  EXPECT_EQ(one->types(0).type(), "shop.Session");
  ASSERT_EQ(one->retainers_size(), 1);
  EXPECT_EQ(one->retainers(0).paths(0).text(), "`shop.KEPT`");
  EXPECT_EQ(one->growth_size(), 0);

  const auto two = connected().take_census({ .worker = 101, .window = 10ms, .types = {} });
  ASSERT_TRUE(two) << two.error().what;
  ASSERT_EQ(two->growth_size(), 1);
  EXPECT_EQ(two->growth(0).objects(), 1);
  EXPECT_EQ(two->retainers_size(), 0);
}

TEST_F(DiagnosticsServiceTest, RefusesACensusThatMakesNoSense)
{
  const auto kind = [&](const CensusQuery &query) {
    const auto census = connected().take_census(query);
    return census ? Error::Kind::internal : census.error().kind;
  };
  EXPECT_EQ(kind({ .worker = 0 }), Error::Kind::usage);
  EXPECT_EQ(kind({ .worker = 101, .window = 2h }), Error::Kind::usage);
  EXPECT_EQ(kind({ .worker = 101, .window = -1s }), Error::Kind::usage);
  EXPECT_EQ(kind({ .worker = 101, .types = std::vector<std::string>(21, "dict") }),
            Error::Kind::usage);
  EXPECT_EQ(kind({ .worker = 4711 }), Error::Kind::not_found);
}

TEST_F(DiagnosticsServiceTest, ACensusBetweenTwoLooksEndsWithItsClient)
{
  std::stop_source stop;
  std::jthread cancels([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto census = connected().take_census({ .worker = 101, .window = 1h }, stop.get_token());
  EXPECT_FALSE(census);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
}

TEST_F(DiagnosticsServiceTest, RefusesAProfileThatMakesNoSense)
{
  const auto error = [&](const ProfileQuery &query) {
    const auto profile = connected().get_profile(query, ProfileFormat::pprof);
    return profile ? Error{} : profile.error();
  };
  EXPECT_EQ(error({ domain::ProfileKind::blocked, 0s, {}, {} }).kind, Error::Kind::usage);
  EXPECT_EQ(error({ domain::ProfileKind::blocked, 2h, {}, {} }).kind, Error::Kind::usage);
  EXPECT_EQ(error({ domain::ProfileKind::retained, 10ms, {}, { .budget_share = 2 } }).kind,
            Error::Kind::usage);
  EXPECT_EQ(error({ domain::ProfileKind::blocked, 10ms, { 4711 }, {} }).kind,
            Error::Kind::not_found);

  const auto stub = v1::Diagnostics::NewStub(
      grpc::CreateChannel("unix:" + path(), grpc::InsecureChannelCredentials()));
  v1::GetProfileRequest request;
  *request.mutable_window() = TimeUtil::MillisecondsToDuration(10);
  const auto status = [&] {
    grpc::ClientContext context;
    v1::GetProfileResponse response;
    return stub->GetProfile(&context, request, &response).error_code();
  };
  EXPECT_EQ(status(), grpc::StatusCode::INVALID_ARGUMENT); // no kind
  request.set_kind(v1::PROFILE_KIND_BLOCKED);
  EXPECT_EQ(status(), grpc::StatusCode::OK); // the format has a default
  request.set_format(static_cast<v1::ProfileFormat>(99));
  EXPECT_EQ(status(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(DiagnosticsServiceTest, PassesOnWhyThereIsNoReport)
{
  const auto missing = connected().get_report({ 0s, { 4711 } });
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::not_found);
  EXPECT_EQ(missing.error().what, "4711 is watched by nobody");

  agent_.fail_with({ Error::Kind::not_permitted, "needs CAP_BPF" });
  EXPECT_EQ(connected().get_report({ 10ms, {} }).error().kind, Error::Kind::not_permitted);
}

TEST_F(DiagnosticsServiceTest, StopsObservingWhenTheClientCancels)
{
  Client client = connected();
  std::stop_source stop;
  std::jthread canceller([&] {
    EXPECT_TRUE(eventually([&] { return agent_.observing() == 1; }));
    stop.request_stop();
  });
  const auto report = client.get_report({ 1h, {} }, stop.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::exhausted);
  EXPECT_TRUE(eventually([&] { return agent_.observing() == 0; }));
}

TEST_F(DiagnosticsServiceTest, EndsACallThatWasStoppedBeforeItBegan)
{
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(connected().get_report({ 1h, {} }, stop.get_token()));
}

TEST_F(DiagnosticsServiceTest, ListsServers)
{
  const auto servers = connected().list_servers({});
  ASSERT_TRUE(servers) << servers.error().what;
  ASSERT_EQ(servers->servers_size(), 1);
  EXPECT_EQ(servers->servers(0).master_tgid(), 100U);
  EXPECT_EQ(servers->servers(0).workers_size(), 2);
  EXPECT_EQ(connected().list_servers({ 1 }).error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::serve
