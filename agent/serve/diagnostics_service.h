// linger.v1.Diagnostics over an AgentView.

#pragma once

#include "linger/v1/diagnostics.grpc.pb.h"
#include "serve/access.h"
#include "serve/agent_view.h"
#include "serve/shared_look.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace linger::serve {

class History; // history/history.h

struct ServiceLimits {
  /// Requests held for one subscriber of WatchRequests; more are skipped and counted.
  std::size_t queued_requests = 4096;
};

/// Each open call holds one of gRPC's threads. A call ends within about 100 ms once its client
/// cancels it or stop() was called, unless it is writing to a client that does not read: that one
/// ends with its connection.
class DiagnosticsService final : public v1::Diagnostics::Service {
public:
  /// `history` is null where none is kept.
  DiagnosticsService(AgentView &agent, const Access &access, ServiceLimits limits,
                     History *history = nullptr)
      : agent_(agent), access_(access), limits_(limits), history_(history),
        live_([this] { return agent_.live_report({}); }),
        servers_([this] { return agent_.servers({}); })
  {
  }

  /// Ends open calls, and those yet to come, as UNAVAILABLE.
  void stop();

  grpc::Status GetReport(grpc::ServerContext *context, const v1::GetReportRequest *request,
                         v1::GetReportResponse *response) override;
  grpc::Status ListServers(grpc::ServerContext *context, const v1::ListServersRequest *request,
                           v1::ListServersResponse *response) override;
  grpc::Status WatchWorkers(grpc::ServerContext *context, const v1::WatchWorkersRequest *request,
                            grpc::ServerWriter<v1::WatchWorkersResponse> *writer) override;
  grpc::Status WatchRequests(grpc::ServerContext *context, const v1::WatchRequestsRequest *request,
                             grpc::ServerWriter<v1::WatchRequestsResponse> *writer) override;
  grpc::Status WatchFindings(grpc::ServerContext *context, const v1::WatchFindingsRequest *request,
                             grpc::ServerWriter<v1::WatchFindingsResponse> *writer) override;
  grpc::Status GetProfile(grpc::ServerContext *context, const v1::GetProfileRequest *request,
                          v1::GetProfileResponse *response) override;
  grpc::Status TraceAllocations(grpc::ServerContext *context,
                                const v1::TraceAllocationsRequest *request,
                                v1::TraceAllocationsResponse *response) override;
  grpc::Status TakeCensus(grpc::ServerContext *context, const v1::TakeCensusRequest *request,
                          v1::TakeCensusResponse *response) override;

private:
  /// How often a waiting call looks whether its client is still there: gRPC's synchronous calls
  /// cannot be woken by a cancellation.
  static constexpr std::chrono::milliseconds glance{ 100 };

  template <typename Request>
  [[nodiscard]] static std::vector<std::uint32_t> tgids_of(const Request &request)
  {
    return { request.tgids().begin(), request.tgids().end() };
  }
  /// Of the past.
  [[nodiscard]] Result<v1::Report> report_since(const v1::GetReportRequest &request);
  [[nodiscard]] bool ended(const grpc::ServerContext &context) const;
  /// Lets time pass; false when the call is to end instead.
  [[nodiscard]] bool pause(const grpc::ServerContext &context, domain::Nanos length);
  /// Those servers as they were at most `max_age` ago; empty `tgids` are all.
  [[nodiscard]] Result<std::vector<domain::ServerReport>>
  recent_servers(const std::vector<std::uint32_t> &tgids, domain::Nanos max_age);
  /// How a call ends that did not end by itself.
  [[nodiscard]] grpc::Status farewell() const;

  AgentView &agent_;
  const Access &access_;
  const ServiceLimits limits_;
  History *history_;
  SharedLook<domain::Report> live_;
  SharedLook<std::vector<domain::ServerReport>> servers_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable stopped_;
};

} // namespace linger::serve
