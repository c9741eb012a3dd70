#include "serve/convert.h"
#include "serve/convert_census.h"

#include "serve/render/json.h"
#include "unit/serve/fake_agent_view.h"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using google::protobuf::util::TimeUtil;

domain::ClockAnchor anchor()
{
  return { domain::MonotonicTime{ 1000s }, domain::WallTime{ 1'700'000'000s } };
}

TEST(ToProto, GivesEachCauseAFieldOfItsOwnThatAddUpToTheWall)
{
  const google::protobuf::Descriptor &fields = *v1::CauseTimes::descriptor();
  ASSERT_EQ(fields.field_count(), static_cast<int>(domain::cause_count) + 1);
  domain::CauseTimes all;
  for (const domain::Cause cause : domain::all_causes()) {
    all[cause] = domain::Nanos{ 1 << static_cast<int>(cause) };
    domain::CauseTimes times;
    times[cause] = 7ns;
    const v1::CauseTimes message = to_proto(times);
    const auto *field = fields.FindFieldByName(std::string(name_of(cause)) + "_ns");
    ASSERT_NE(field, nullptr) << name_of(cause);
    EXPECT_EQ(v1::CauseTimes::GetReflection()->GetUInt64(message, field), 7U) << name_of(cause);
    EXPECT_EQ(message.wall_ns(), 7U);
  }
  EXPECT_EQ(to_proto(all).wall_ns(), (1ULL << domain::cause_count) - 1);
}

TEST(ToProto, TurnsARequestIntoItsMessage)
{
  SeenRequest seen = request_numbered(3);
  seen.request.sent_bytes = 5;
  seen.request.minor_faults = 6;
  seen.request.major_faults = 1;
  seen.request.truncated = true;
  seen.request.pipelined = true;
  const v1::Request message = to_proto(seen);

  EXPECT_EQ(message.tgid(), 101U);
  EXPECT_EQ(message.route(), "/nap/{}");
  EXPECT_EQ(message.status(), 200U);
  EXPECT_EQ(message.time().sleep_ns(), 120'000'000U);
  EXPECT_EQ(message.time().wall_ns(), 121'000'000U);
  EXPECT_EQ(message.sent_bytes(), 5U);
  EXPECT_EQ(message.minor_faults(), 6U);
  EXPECT_EQ(message.major_faults(), 1U);
  EXPECT_EQ(message.server(), 100U);
  EXPECT_TRUE(message.truncated());
  EXPECT_TRUE(message.pipelined());
  EXPECT_EQ(TimeUtil::ToString(message.start_time()), "2023-11-14T22:13:20Z");
}

TEST(ToProto, NeverSendsThePath)
{
  SeenRequest seen = request_numbered(3);
  seen.request.path = "/user/jane@example.org";
  EXPECT_EQ(to_proto(seen).SerializeAsString().find("jane"), std::string::npos);
}

TEST(ToProto, TellsPeopleTheTimesOfAReport)
{
  domain::Report report;
  report.clock = anchor();
  report.window = { domain::MonotonicTime{ 1010s }, domain::MonotonicTime{ 1040s } };
  report.findings = { finding_named("a") };
  const v1::Report message = to_proto(report);

  EXPECT_EQ(message.window().duration_ns(), 30'000'000'000U);
  EXPECT_EQ(message.window().start_time().seconds(), 1'700'000'010);
  EXPECT_EQ(message.window().end_time().seconds(), 1'700'000'040);
  EXPECT_EQ(message.findings(0).first_seen().seconds(), 1'700'000'001);
  EXPECT_EQ(message.findings(0).severity(), v1::SEVERITY_WARNING);
}

TEST(ToProto, TurnsAnAcceptQueueIntoItsMessage)
{
  domain::Report report;
  report.servers.emplace_back().listen_queues = {
    { .address = "[::]:80", .length = 3, .max_length = 97, .limit = 128, .dropped = 12 }
  };
  const v1::Report message = to_proto(report);
  const v1::ListenQueue &queue = message.servers(0).listen_queues(0);

  EXPECT_EQ(queue.address(), "[::]:80");
  EXPECT_EQ(queue.length(), 3U);
  EXPECT_EQ(queue.max_length(), 97U);
  EXPECT_EQ(queue.limit(), 128U);
  EXPECT_EQ(queue.dropped(), 12U);
}

TEST(ToProto, TurnsACloserLookIntoItsMessage)
{
  domain::Report report;
  report.clock = anchor();
  domain::Escalation look{ .begin = domain::MonotonicTime{ 990s },
                           .end = domain::MonotonicTime{ 995s },
                           .server = 100,
                           .tgid = 101,
                           .tier = domain::MemoryTier::allocations,
                           .endpoint = "GET /\xff",
                           .reason = "it grew",
                           .outcome = "by much" };
  report.servers.emplace_back().escalations = { look };
  look.end.reset();
  report.servers[0].escalations.push_back(look);
  const v1::Report message = to_proto(report);
  ASSERT_EQ(message.servers(0).escalations_size(), 2);
  const v1::MemoryEscalation &told = message.servers(0).escalations(0);

  EXPECT_EQ(told.tgid(), 101U);
  EXPECT_EQ(told.tier(), v1::MEMORY_TIER_ALLOCATIONS);
  EXPECT_EQ(told.endpoint(), "GET /\\xff");
  EXPECT_EQ(told.start_time().seconds(), 1'699'999'990);
  EXPECT_EQ(told.duration_ns(), 5'000'000'000U);
  EXPECT_EQ(told.reason(), "it grew");
  EXPECT_EQ(told.outcome(), "by much");
  EXPECT_EQ(message.servers(0).escalations(1).duration_ns(), 0U);
}

TEST(ToProto, TurnsAnEndpointIntoItsMessage)
{
  domain::Report report;
  domain::EndpointReport &endpoint = report.endpoints.emplace_back();
  endpoint.server = 100;
  endpoint.method = "GET";
  endpoint.route = "/nap/{}";
  endpoint.requests = 2;
  endpoint.errors = 1;
  for (std::uint64_t ms = 1; ms <= 100; ++ms)
    endpoint.wall_ns.add(ms * 1'000'000);
  endpoint.times[domain::Cause::sleep] = 200ms;
  endpoint.calls = { .database = 28, .cache = 1, .upstream = 2, .dns = 4 };
  endpoint.opened = { .database = 5, .cache = 6, .upstream = 7, .dns = 8 };
  endpoint.open_transactions = 5;
  endpoint.sites.resize(20, { .cause = domain::Cause::database,
                              .held_loop = true,
                              .what = "db",
                              .code = "shop/cart.py:7 in show",
                              .statement = "SELECT ?",
                              .waits = 3,
                              .repeated = 3 });
  endpoint.memory = { .allocated_bytes = 1,
                      .retained_bytes = -2,
                      .retained_bytes_per_request = -1,
                      .low = -3,
                      .high = 4,
                      .tier = domain::MemoryTier::growth,
                      .faults_per_request = 7.5,
                      .sites = { { "shop.RECENT", 9, 1 } },
                      .small_objects = domain::GrowthEstimate{ 1, 2, 3, 4, 5 } };
  const v1::Report converted = to_proto(report);
  const v1::Endpoint &message = converted.endpoints(0);

  EXPECT_EQ(message.requests(), 2U);
  EXPECT_EQ(message.errors(), 1U);
  EXPECT_EQ(message.wall().min_ns(), 1'000'000U);
  EXPECT_EQ(message.wall().max_ns(), 100'000'000U);
  EXPECT_EQ(message.wall().mean_ns(), 50'500'000U);
  EXPECT_NEAR(static_cast<double>(message.wall().p50_ns()), 50e6, 2e6);
  EXPECT_NEAR(static_cast<double>(message.wall().p90_ns()), 90e6, 2e6);
  EXPECT_NEAR(static_cast<double>(message.wall().p99_ns()), 99e6, 2e6);
  ASSERT_EQ(message.sites_size(), 16);
  EXPECT_EQ(message.sites(0).cause(), "database");
  EXPECT_EQ(message.sites(0).code(), "shop/cart.py:7 in show");
  EXPECT_EQ(message.sites(0).statement(), "SELECT ?");
  EXPECT_TRUE(message.sites(0).held_loop());
  EXPECT_EQ(message.sites(0).repeated(), 3U);
  EXPECT_EQ(message.calls().database_calls(), 28U);
  EXPECT_EQ(message.calls().cache_calls(), 1U);
  EXPECT_EQ(message.calls().upstream_calls(), 2U);
  EXPECT_EQ(message.calls().dns_calls(), 4U);
  EXPECT_EQ(message.opened().database_connections(), 5U);
  EXPECT_EQ(message.opened().cache_connections(), 6U);
  EXPECT_EQ(message.opened().upstream_connections(), 7U);
  EXPECT_EQ(message.opened().dns_connections(), 8U);
  EXPECT_EQ(message.open_transactions(), 5U);
  EXPECT_EQ(message.memory().retained_bytes(), -2);
  EXPECT_EQ(message.memory().tier(), v1::MEMORY_TIER_GROWTH);
  EXPECT_EQ(message.memory().faults_per_request(), 7.5);
  EXPECT_EQ(message.memory().small_objects().retained_bytes_per_request(), 1);
  EXPECT_EQ(message.memory().small_objects().low(), 2);
  EXPECT_EQ(message.memory().small_objects().high(), 3);
  EXPECT_EQ(message.memory().small_objects().late_low(), 4);
  EXPECT_EQ(message.memory().small_objects().late_high(), 5);
  EXPECT_EQ(message.memory().sites(0).what(), "shop.RECENT");
}

TEST(ToProto, TurnsAServerAndItsWorkersIntoTheirMessages)
{
  domain::ServerReport report;
  report.server = { .master_tgid = 100,
                    .app = "shop.app:app",
                    .worker_class = "gthread",
                    .workers_configured = 2,
                    .threads_per_worker = 4,
                    .listen = { "127.0.0.1:8000" },
                    .python_version = "3.11.2",
                    .container = { .id = "0123456789ab",
                                   .runtime = "containerd",
                                   .pod_uid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
                                   .pod_namespace = "shop",
                                   .pod = "web-0",
                                   .name = "app",
                                   .workload = "web" },
                    .timeout_seconds = 30,
                    .preload = true,
                    .max_requests = 1000,
                    .workers = { { .tgid = 101, .start_ticks = 50'000, .threads = 4 } },
                    .gaps = { "no config file" } };
  report.workers.resize(2);
  report.workers[0] = { .tgid = 101,
                        .state = domain::WorkerState::blocked,
                        .requests = 5,
                        .restarts = 1,
                        .threads = 4,
                        .waits_on = "127.0.0.1:5432",
                        .open_request = 81ms,
                        .open_request_endpoint = "GET /report/{}",
                        .utilization = 0.5 };
  report.workers[0].times[domain::Cause::database] = 80ms;
  report.workers[0].memory.growth_bytes = -4096;
  report.workers[0].memory.limit = { "/web", 512, 500 };
  report.workers[1].tgid = 99;
  report.workers[1].state = domain::WorkerState::exited;
  report.workers[1].exit_reason = "killed by signal 9";
  const v1::Server message = to_proto(report, anchor());

  EXPECT_EQ(message.kind(), "gunicorn");
  EXPECT_EQ(message.worker_class(), "gthread");
  EXPECT_EQ(message.listen(0), "127.0.0.1:8000");
  EXPECT_EQ(message.max_requests(), 1000U);
  EXPECT_EQ(message.gaps(0), "no config file");
  EXPECT_EQ(message.container(), "0123456789ab");
  EXPECT_EQ(message.container_runtime(), "containerd");
  EXPECT_EQ(message.pod().namespace_(), "shop");
  EXPECT_EQ(message.pod().name(), "web-0");
  EXPECT_EQ(message.pod().uid(), "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
  EXPECT_EQ(message.pod().container(), "app");
  EXPECT_EQ(message.pod().workload(), "web");
  const v1::Worker &worker = message.workers(0);
  EXPECT_EQ(worker.state(), v1::WORKER_STATE_BLOCKED);
  EXPECT_EQ(worker.waits_on(), "127.0.0.1:5432");
  EXPECT_EQ(worker.open_request(), "GET /report/{}");
  EXPECT_EQ(worker.open_request_ns(), 81'000'000U);
  EXPECT_EQ(worker.blocked().database_ns(), 80'000'000U);
  EXPECT_EQ(worker.memory().growth_bytes(), -4096);
  EXPECT_EQ(worker.memory().limit().group(), "/web");
  EXPECT_EQ(worker.memory().limit().limit_bytes(), 512U);
  EXPECT_EQ(worker.memory().limit().used_bytes(), 500U);
  EXPECT_FALSE(message.workers(1).memory().has_limit());
  EXPECT_EQ(worker.start_time().seconds(), 1'700'000'000 - 500);
  EXPECT_EQ(message.workers(1).exit_reason(), "killed by signal 9");
  EXPECT_FALSE(message.workers(1).has_start_time()) << "not known";
}

TEST(ToProto, TellsOfTheObjectsThatRequestsLeft)
{
  const v1::HeapGrowth growth = to_proto(domain::HeapGrowth{
      .between = 9s,
      .of_requests = { { "flask.ctx.AppContext", 2, 90, { { "`shop.LEFT\xff`", 88 } } } } });
  ASSERT_EQ(growth.of_requests_size(), 1);
  EXPECT_EQ(growth.of_requests(0).type(), "flask.ctx.AppContext");
  EXPECT_EQ(growth.of_requests(0).objects_begin(), 2U);
  EXPECT_EQ(growth.of_requests(0).objects_end(), 90U);
  ASSERT_EQ(growth.of_requests(0).holders_size(), 1);
  EXPECT_EQ(growth.of_requests(0).holders(0).text(), "`shop.LEFT\\xff`");
  EXPECT_EQ(growth.of_requests(0).holders(0).objects(), 88U);
}

TEST(ToProto, TellsOfTheVariablesOfModules)
{
  const v1::ModuleVariables variables =
      to_proto(domain::GlobalsReport{ .looks = { 90, 40 },
                                      .variables = { { .name = "shop.SEEN\xff",
                                                       .type = "list",
                                                       .rebound = { 2, 1 },
                                                       .rebound_by = { "GET /a", 3, 2 },
                                                       .grown = { 30, 4 },
                                                       .items_more = 60,
                                                       .items_less = 5,
                                                       .items = 70,
                                                       .grown_by = { "GET /b", 33, 30 } } },
                                      .left_out = 6,
                                      .gap = "gone" });
  EXPECT_EQ(variables.looks(), 90U);
  EXPECT_EQ(variables.looks_without_requests(), 40U);
  EXPECT_EQ(variables.left_out(), 6U);
  EXPECT_EQ(variables.gap(), "gone");
  ASSERT_EQ(variables.changed_size(), 1);
  const v1::ModuleVariable &variable = variables.changed(0);
  EXPECT_EQ(variable.name(), "shop.SEEN\\xff");
  EXPECT_EQ(variable.looks_rebound_without_requests(), 1U);
  EXPECT_EQ(variable.looks_grown(), 30U);
  EXPECT_EQ(variable.items_more() - variable.items_less(), 55U);
  EXPECT_EQ(variable.items(), 70U);
  EXPECT_EQ(variable.rebound_by(), "GET /a");
  EXPECT_EQ(variable.grown_by(), "GET /b");
}

TEST(ToProto, GivesMessagesThatCanBeReadBackWhateverTheBytes)
{
  const std::string garbage = "\xff\x1b[31m\xc3";
  domain::Report report;
  report.coverage.gaps = { garbage };
  report.endpoints.resize(1);
  report.endpoints[0].method = report.endpoints[0].route = garbage;
  report.endpoints[0].sites = { { .what = garbage } };
  report.endpoints[0].memory.sites = { { garbage, 0, 0 } };
  report.findings = { finding_named(garbage, garbage) };
  report.findings[0].endpoints = { garbage };
  report.findings[0].evidence = { { garbage, 1, garbage, garbage } };
  report.findings[0].remedy = report.findings[0].title = report.findings[0].rule = garbage;
  report.servers.resize(1);
  domain::Server &server = report.servers[0].server;
  server.app = server.worker_class = server.python_version = server.container.id = garbage;
  server.container.runtime = server.container.pod_uid = server.container.pod = garbage;
  server.listen = server.gaps = { garbage };
  report.servers[0].workers.resize(1);
  domain::WorkerReport &worker = report.servers[0].workers[0];
  worker.waits_on = worker.open_request_endpoint = worker.exit_reason = garbage;

  v1::Report back; // a parser refuses text that is no UTF-8
  EXPECT_TRUE(back.ParseFromString(to_proto(report).SerializeAsString()));
  EXPECT_TRUE(json_line(back));

  SeenRequest seen = request_numbered(1);
  seen.request.method = seen.route = garbage;
  v1::Request request;
  EXPECT_TRUE(request.ParseFromString(to_proto(seen).SerializeAsString()));
}

TEST(Json, UsesTheCanonicalMappingWithZeroesWrittenOut)
{
  const auto line = json_line(to_proto(request_numbered(1)));
  ASSERT_TRUE(line);
  EXPECT_NE(line->find("\"startTime\":\"2023-11-14T22:13:20Z\""), std::string::npos) << *line;
  EXPECT_NE(line->find("\"sleepNs\":\"120000000\""), std::string::npos) << *line;
  EXPECT_NE(line->find("\"majorFaults\":\"0\""), std::string::npos) << *line;
  EXPECT_EQ(line->find('\n'), std::string::npos);
}

TEST(Json, SaysWhoseAMessageIs)
{
  const auto line = json_line("unix:///a\"b", v1::WatchRequestsResponse{});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->starts_with("{\"node\":\"unix:///a\\\"b\",\"sequence\":\"0\",")) << *line;
  EXPECT_EQ(json_line("a", google::protobuf::Empty{}), "{\"node\":\"a\"}");
}

TEST(Json, IndentsAReport)
{
  const auto text = json_text(to_proto(domain::Report{}));
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with("{\n "));
  EXPECT_TRUE(text->ends_with("}\n"));
  EXPECT_NE(text->find("\"endpoints\": []"), std::string::npos) << *text;
}

} // namespace
} // namespace linger::serve
