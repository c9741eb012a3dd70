#include "serve/otlp/exporter.h"

#include "opentelemetry/proto/collector/metrics/v1/metrics_service.grpc.pb.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "unit/serve/fake_agent_view.h"
#include "unit/serve/temp_dir.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
namespace collector = opentelemetry::proto::collector;

/// Takes everything, unless told otherwise. Thread-safe.
class FakeCollector : collector::metrics::v1::MetricsService::Service,
                      collector::trace::v1::TraceService::Service {
public:
  ~FakeCollector() override { stop(); }

  /// On a port of its own, the same each time.
  void start()
  {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port_),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<collector::metrics::v1::MetricsService::Service *>(this));
    builder.RegisterService(static_cast<collector::trace::v1::TraceService::Service *>(this));
    server_ = builder.BuildAndStart();
    ASSERT_TRUE(server_);
  }
  void stop()
  {
    if (server_)
      server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void answer_with(grpc::StatusCode code) { code_ = code; }
  void reject(std::int64_t spans) { rejected_ = spans; }
  void take_so_long(std::chrono::milliseconds delay) { delay_ = delay; }

  [[nodiscard]] int spans() const { return spans_; }
  [[nodiscard]] int metrics() const { return metrics_; }
  [[nodiscard]] int calls() const { return calls_; }

private:
  [[nodiscard]] grpc::Status status()
  {
    ++calls_;
    std::this_thread::sleep_for(delay_.load());
    return code_ == grpc::StatusCode::OK ? grpc::Status::OK : grpc::Status{ code_, "so be it" };
  }
  grpc::Status Export(grpc::ServerContext *,
                      const collector::metrics::v1::ExportMetricsServiceRequest *request,
                      collector::metrics::v1::ExportMetricsServiceResponse *) override
  {
    grpc::Status answer = status();
    if (answer.ok())
      metrics_ += request->resource_metrics_size();
    return answer;
  }
  grpc::Status Export(grpc::ServerContext *,
                      const collector::trace::v1::ExportTraceServiceRequest *request,
                      collector::trace::v1::ExportTraceServiceResponse *response) override
  {
    grpc::Status answer = status();
    if (!answer.ok())
      return answer;
    for (const auto &resource : request->resource_spans())
      spans_ += resource.scope_spans(0).spans_size();
    if (rejected_ > 0)
      response->mutable_partial_success()->set_rejected_spans(rejected_);
    return answer;
  }

  int port_ = 0;
  std::atomic<grpc::StatusCode> code_ = grpc::StatusCode::OK;
  std::atomic<std::int64_t> rejected_ = 0;
  std::atomic<std::chrono::milliseconds> delay_ = std::chrono::milliseconds{ 0 };
  std::atomic<int> spans_ = 0;
  std::atomic<int> metrics_ = 0;
  std::atomic<int> calls_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class OtlpExporterTest : public TempDirTest {
protected:
  void start(bool metrics = false,
             OtlpPace pace = { .batch_interval = 5ms, .first_retry = 5ms, .longest_retry = 20ms })
  {
    auto started = OtlpExporter::start({ .endpoint = fake.address(),
                                         .metrics = metrics,
                                         .interval = 5ms,
                                         .pace = pace,
                                         .warn =
                                             [this](const std::string &what) {
                                               const std::scoped_lock lock{ mutex };
                                               warned.push_back(what);
                                             } },
                                       agent);
    ASSERT_TRUE(started) << started.error().what;
    exporter = std::move(*started);
  }
  [[nodiscard]] std::size_t warnings()
  {
    const std::scoped_lock lock{ mutex };
    return warned.size();
  }
  [[nodiscard]] std::string warning(std::size_t which)
  {
    const std::scoped_lock lock{ mutex };
    return warned.at(which);
  }

  static Error refused(OtlpOptions options)
  {
    FakeAgentView nobody;
    const auto started = OtlpExporter::start(std::move(options), nobody);
    EXPECT_FALSE(started);
    return started ? Error{} : started.error();
  }

  FakeAgentView agent;
  FakeCollector fake;
  std::mutex mutex;
  std::vector<std::string> warned;
  std::unique_ptr<OtlpExporter> exporter;
};

TEST_F(OtlpExporterTest, SendsMetricsAndRequests)
{
  fake.start();
  start(true);
  exporter->offer({});

  EXPECT_TRUE(eventually([&] { return fake.spans() == 1 && fake.metrics() >= 2; }));
  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_sent == 1; }));
  EXPECT_EQ(exporter->counts().exports_failed, 0U);
  EXPECT_EQ(warnings(), 0U);
}

TEST_F(OtlpExporterTest, KeepsRequestsForACollectorThatComesBack)
{
  fake.start();
  fake.stop(); // its port is known, and nobody is there
  start();
  exporter->offer({});
  EXPECT_TRUE(eventually([&] { return exporter->counts().exports_failed >= 2; }));
  EXPECT_EQ(warnings(), 1U) << "said once, not each time";
  EXPECT_THAT(warning(0), testing::HasSubstr("tried again"));

  fake.start();
  EXPECT_TRUE(eventually([&] { return fake.spans() == 1; }));
  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_sent == 1; }));
  EXPECT_EQ(exporter->counts().requests_dropped, 0U);
  EXPECT_TRUE(eventually([&] { return warnings() == 2; }));
  EXPECT_THAT(warning(1), testing::HasSubstr("takes metrics and traces again"));
}

TEST_F(OtlpExporterTest, CountsWhatFindsNoRoom)
{
  fake.start();
  fake.stop();
  start();
  constexpr std::uint64_t more = 10;
  for (std::uint64_t i = 0; i < 3 * RequestBuffer::capacity + more; ++i)
    exporter->offer({});
  // What is being tried is no longer in the buffer.
  EXPECT_GE(exporter->counts().requests_dropped,
            3 * RequestBuffer::capacity + more - RequestBuffer::capacity - 2000 - 1);

  fake.start();
  EXPECT_TRUE(eventually([&] {
    const OtlpCounts counts = exporter->counts();
    return counts.requests_sent + counts.requests_dropped == 3 * RequestBuffer::capacity + more;
  }));
  EXPECT_EQ(static_cast<std::uint64_t>(fake.spans()), exporter->counts().requests_sent);
}

TEST_F(OtlpExporterTest, DropsWhatACollectorWillNeverTake)
{
  fake.start();
  fake.answer_with(grpc::StatusCode::INVALID_ARGUMENT);
  start();
  exporter->offer({});

  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_dropped == 1; }));
  EXPECT_EQ(fake.calls(), 1);
  EXPECT_TRUE(eventually([&] { return warnings() == 2; }));
  EXPECT_THAT(warning(1), testing::HasSubstr("1 slow requests are lost"));
}

TEST_F(OtlpExporterTest, TriesAgainWhereTheProtocolSaysSoButNotForEver)
{
  fake.start();
  fake.answer_with(grpc::StatusCode::UNAVAILABLE);
  start(false,
        { .batch_interval = 5ms, .first_retry = 5ms, .longest_retry = 5ms, .patience = 100ms });
  exporter->offer({});

  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_dropped == 1; }));
  EXPECT_GT(fake.calls(), 1);
}

TEST_F(OtlpExporterTest, CountsWhatACollectorTookOnlyInPart)
{
  fake.start();
  fake.reject(1);
  start();
  exporter->offer({});

  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_dropped == 1; }));
  EXPECT_EQ(exporter->counts().requests_sent, 0U);
}

TEST_F(OtlpExporterTest, DoesNotWaitForASlowCollector)
{
  fake.start();
  fake.take_so_long(500ms);
  start(false,
        { .batch_interval = 5ms, .first_retry = 5ms, .longest_retry = 5ms, .call_timeout = 20ms });
  exporter->offer({});

  EXPECT_TRUE(eventually([&] { return exporter->counts().exports_failed >= 1; }));
  fake.take_so_long(0ms);
  EXPECT_TRUE(eventually([&] { return exporter->counts().requests_sent == 1; }));
}

TEST_F(OtlpExporterTest, TriesOnceMoreWhenItEnds)
{
  fake.start();
  start(false, { .batch_interval = 1h });
  std::this_thread::sleep_for(50ms); // the first round is over, most likely; else it is sent there
  exporter->offer({});
  exporter.reset();

  EXPECT_EQ(fake.spans(), 1);
}

TEST_F(OtlpExporterTest, RefusesWhatOtherHostsCouldRead)
{
  // Without the system's authorities this is refused, with them encrypted: never sent in the clear.
  EXPECT_EQ(refused({ .endpoint = "10.0.0.1" }).kind, Error::Kind::usage);
  EXPECT_EQ(refused({ .endpoint = "unix:///run/a.sock" }).kind, Error::Kind::usage);
  EXPECT_EQ(refused({ .endpoint = "127.0.0.1:0" }).kind, Error::Kind::usage);
  EXPECT_THAT(refused({ .endpoint = "a:4317", .tls_ca = in_temp("none.pem") }).what,
              testing::HasSubstr("none.pem: No such file"));
  write_file(in_temp("empty.pem"), "");
  EXPECT_THAT(refused({ .endpoint = "a:4317", .tls_ca = in_temp("empty.pem") }).what,
              testing::HasSubstr("is no PEM file"));
  EXPECT_THAT(
      refused({ .endpoint = "a:4317", .insecure = true, .tls_ca = in_temp("empty.pem") }).what,
      testing::HasSubstr("both"));
}

} // namespace
} // namespace linger::serve
