// Sends metrics and the traces of slow requests to an OpenTelemetry collector, over gRPC
// (https://opentelemetry.io/docs/specs/otlp/).

#pragma once

#include "base/result.h"
#include "domain/slow_requests.h"
#include "serve/agent_view.h"
#include "serve/metrics/metrics_page.h"
#include "serve/otlp/attributes.h"
#include "serve/otlp/export_counts.h"
#include "serve/otlp/request_buffer.h"
#include "serve/otlp/spans.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <grpcpp/support/status.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace linger::serve {

/// How fast it goes about it.
struct OtlpPace {
  domain::Nanos batch_interval = std::chrono::seconds{ 1 };
  domain::Nanos first_retry = std::chrono::seconds{ 1 }; // then twice as long each time
  domain::Nanos longest_retry = std::chrono::seconds{ 30 };
  domain::Nanos call_timeout = std::chrono::seconds{ 10 };
  /// A batch that was not taken for so long is given up.
  domain::Nanos patience = std::chrono::minutes{ 5 };
};

struct OtlpOptions {
  /// "HOST:PORT"; the host may be a name.
  std::string endpoint;
  /// Whether to send what other hosts can read on the way. On a loopback address that goes without
  /// saying, unless there is a `tls_ca`.
  bool insecure = false;
  /// The PEM file of the authority that signed the collector's certificate. Empty: the system's.
  std::string tls_ca;
  bool metrics = true;
  bool traces = true;
  /// Between two messages with metrics.
  domain::Nanos interval = std::chrono::minutes{ 1 };
  std::size_t max_endpoints = 200; // as in HttpOptions
  OtlpSender sender;
  /// As in HttpOptions.
  std::function<void(MetricSink &)> more_metrics = [](MetricSink &) {};
  OtlpPace pace{};
  /// Gets a sentence when sending begins to fail, and when it works again; on another thread.
  std::function<void(const std::string &)> warn = [](const std::string &) {};
};

/// Sends on a thread of its own from start() until destruction. Metrics that could not be sent are
/// not kept, as the next ones hold them too; requests are, at most RequestBuffer::capacity of them.
class OtlpExporter {
public:
  /// Fails as `usage` where the address or the file cannot be. Whether the collector is there shows
  /// later. `agent` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<OtlpExporter>> start(OtlpOptions options,
                                                                   AgentView &agent);
  /// Tries once more to send what it has, for a second at most.
  ~OtlpExporter();
  OtlpExporter(const OtlpExporter &) = delete;
  OtlpExporter &operator=(const OtlpExporter &) = delete;

  /// Never waits. Thread-safe.
  void offer(domain::SlowRequest request) { waiting_.push(std::move(request)); }

  /// Thread-safe.
  [[nodiscard]] OtlpCounts counts() const;

private:
  struct Stubs;
  using Clock = std::chrono::steady_clock;
  /// Taken from those that wait, and not sent yet. Tried again, spans keep their names: a collector
  /// may have taken what seemed to fail.
  struct Batch {
    SpanWriter::Message message;
    std::size_t requests = 0;
    Clock::time_point since;
  };

  OtlpExporter(OtlpOptions options, AgentView &agent, std::unique_ptr<Stubs> stubs);

  void run(const std::stop_token &stop);
  /// False where it makes sense to try again later.
  bool send_metrics(domain::Nanos timeout);
  bool send_requests(domain::Nanos timeout);
  /// Notes what became of a call; false where it makes sense to try again later.
  bool judge(const grpc::Status &status);
  [[nodiscard]] bool has_batch();
  void count_sent();
  void count_dropped(const std::string &why);

  OtlpOptions options_;
  AgentView &agent_;
  std::unique_ptr<Stubs> stubs_;
  RequestBuffer waiting_;
  MetricsPage page_;
  SpanWriter spans_;
  std::optional<Batch> batch_;
  bool failing_ = false;
  mutable std::mutex mutex_; // guards counts_, and what the thread waits with
  std::condition_variable_any woken_;
  OtlpCounts counts_;
  std::jthread sending_; // last: it uses the others
};

} // namespace linger::serve
