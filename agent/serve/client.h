// Asks a running agent.

#pragma once

#include "base/result.h"
#include "domain/time.h"
#include "linger/v1/diagnostics.grpc.pb.h"
#include "serve/agent_view.h"
#include "serve/render/profile.h"
#include "serve/tls.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace linger::serve {

/// Takes a stream's messages one at a time, on the thread that watches; false ends the stream.
template <typename Message>
using MessageHandler = std::function<bool(const Message &)>;

/// How a stream broke off.
struct StreamError : Error {
  /// The agent, or the connection to it: it may come back.
  bool agent_went_away = false;
};
using StreamResult = tl::expected<void, StreamError>;

/// A connection to an agent. Calls block; each may be made from another thread. Once `stop` is
/// requested, a call ends at once: a watch_*() as done, any other as `exhausted`. Errors say what
/// to do next.
class Client {
public:
  using Tgids = std::vector<std::uint32_t>;

  /// `address` as lingerd's --listen takes it. Fails as `not_found` when nobody is there, as
  /// `not_permitted` when the socket is not for this user.
  /// With `tls`, which is for HOST:PORT, the agent must show a certificate for that host. Once
  /// `stop` is requested, nobody is there.
  [[nodiscard]] static Result<Client> connect(const std::string &address,
                                              std::chrono::milliseconds timeout,
                                              const TlsFiles &tls = {},
                                              const std::stop_token &stop = {});

  /// As it was given to connect().
  [[nodiscard]] const std::string &address() const { return address_; }

  /// Observes for the window, or takes everything since the agent started when it is zero.
  [[nodiscard]] Result<v1::Report> get_report(const ReportQuery &query,
                                              const std::stop_token &stop = {});

  /// What happened since so long ago, as far as the agent has kept it.
  [[nodiscard]] Result<v1::Report> get_report_since(domain::Nanos since, const Tgids &tgids,
                                                    const std::stop_token &stop = {});

  [[nodiscard]] Result<v1::GetProfileResponse>
  get_profile(const ProfileQuery &query, ProfileFormat format, const std::stop_token &stop = {});

  [[nodiscard]] Result<v1::Census> take_census(const CensusQuery &query,
                                               const std::stop_token &stop = {});

  [[nodiscard]] Result<v1::ListServersResponse> list_servers(const Tgids &tgids,
                                                             const std::stop_token &stop = {});

  /// These return when the handler or `stop` ends them, and fail when anything else does.
  [[nodiscard]] StreamResult watch_workers(const v1::WatchWorkersRequest &request,
                                           const MessageHandler<v1::WatchWorkersResponse> &handler,
                                           const std::stop_token &stop = {});
  [[nodiscard]] StreamResult
  watch_requests(const v1::WatchRequestsRequest &request,
                 const MessageHandler<v1::WatchRequestsResponse> &handler,
                 const std::stop_token &stop = {});
  [[nodiscard]] StreamResult
  watch_findings(const v1::WatchFindingsRequest &request,
                 const MessageHandler<v1::WatchFindingsResponse> &handler,
                 const std::stop_token &stop = {});

private:
  friend class Server; // makes one that needs no address
  Client(std::string address, std::unique_ptr<v1::Diagnostics::Stub> stub)
      : address_(std::move(address)), stub_(std::move(stub))
  {
  }

  [[nodiscard]] Error explained(const grpc::Status &status) const;
  template <typename Message>
  [[nodiscard]] StreamResult
  read_all(grpc::ClientContext &context, grpc::ClientReader<Message> &reader,
           const MessageHandler<Message> &handler, const std::stop_token &stop) const;

  std::string address_;
  std::unique_ptr<v1::Diagnostics::Stub> stub_;
};

/// Whether a gRPC server answers at `address`, within half a second. Quiet.
[[nodiscard]] bool agent_answers(const std::string &address);

} // namespace linger::serve
