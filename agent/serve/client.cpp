#include "serve/client.h"

#include "serve/address.h"
#include "serve/convert.h"
#include "serve/convert_profile.h"
#include "serve/escape.h"
#include "serve/status.h"
#include "serve/unix_socket.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr int most_report_bytes = 256 * 1024 * 1024;
constexpr auto answer_time = 30s;  // beyond what was asked to be observed
constexpr auto history_time = 60s; // a month of minutes
constexpr auto census_time = 60s;  // the looks into heaps come on top

/// gRPC takes a path as part of a URI.
std::string target_of(const Address &address)
{
  if (const auto *host = std::get_if<HostAndPort>(&address))
    return "dns:///" + host->text();
  std::string target = "unix://";
  for (const char c : std::get<SocketPath>(address).path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::strchr("/-._~", c) != nullptr)
      target += c;
    else
      target += fmt::format("%{:02X}", byte);
  }
  return target;
}

std::shared_ptr<grpc::Channel>
channel_to(const Address &address,
           const std::shared_ptr<grpc::ChannelCredentials> &credentials = nullptr)
{
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(most_report_bytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0); // an agent is never behind the user's web proxy
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0); // as many as a silent stream takes
  if (credentials) // the certificate must name the host that was asked for
    return grpc::CreateCustomChannel(target_of(address), credentials, arguments);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  return grpc::CreateCustomChannel(target_of(address), grpc::InsecureChannelCredentials(),
                                   arguments);
}

/// What the kernel says about a socket's path is more than gRPC will tell.
Result<> look_at(const Address &address)
{
  const auto *socket = std::get_if<SocketPath>(&address);
  if (socket == nullptr)
    return {};
  const std::string where = printable(socket->path);
  switch (const int err = knock(socket->path)) {
    case 0:
      return {};
    case ENOENT:
    case ENOTDIR:
      return failure(Error::Kind::not_found,
                     "no agent listens on " + where + ": is lingerd running, and on that path?");
    case ECONNREFUSED:
      return failure(Error::Kind::not_found,
                     "nobody answers on " + where +
                         ", which an agent left behind: start lingerd again");
    case EACCES:
    case EPERM:
      return failure(Error::Kind::not_permitted,
                     "the agent's socket " + where +
                         " is not for this user: run as root or as a member of the socket's group");
    default:
      return failed("connect to the agent on " + where, err);
  }
}

std::chrono::system_clock::time_point in(std::chrono::milliseconds span)
{
  return std::chrono::system_clock::now() + span;
}

/// Whether the channel is connected in time, and before `stop` is requested.
bool connects(grpc::Channel &channel, std::chrono::milliseconds timeout,
              const std::stop_token &stop)
{
  constexpr auto glance = 100ms;
  const auto until = in(timeout);
  while (!stop.stop_requested() && std::chrono::system_clock::now() < until) {
    if (channel.WaitForConnected(std::min(until, in(glance))))
      return true;
  }
  return false;
}

/// Cancels the call as soon as `stop` is requested, even before the call began.
auto cancel_on(const std::stop_token &stop, grpc::ClientContext &context)
{
  return std::stop_callback(stop, [&context] { context.TryCancel(); });
}

} // namespace

Result<Client> Client::connect(const std::string &text, std::chrono::milliseconds timeout,
                               const TlsFiles &tls, const std::stop_token &stop)
{
  const auto address = parse_address(text);
  if (!address)
    return tl::unexpected(address.error());
  if (const auto there = look_at(*address); !there)
    return tl::unexpected(there.error());

  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (tls.given()) {
    if (std::holds_alternative<SocketPath>(*address))
      return failure(Error::Kind::usage,
                     printable(text) + " is a socket of this host: it takes no TLS");
    const auto encrypted = channel_credentials(tls);
    if (!encrypted)
      return tl::unexpected(encrypted.error());
    credentials = *encrypted;
  }
  const std::shared_ptr<grpc::Channel> channel = channel_to(*address, credentials);
  if (!connects(*channel, timeout, stop))
    return failure(Error::Kind::not_found,
                   fmt::format("no agent answered on {} within {} ms: is lingerd running, and does "
                               "it listen there{}?",
                               printable(text), timeout.count(),
                               credentials
                                   ? ", with a certificate for that host, and does it trust "
                                     "the authority of --tls-cert"
                                   : ""));
  return Client(text, v1::Diagnostics::NewStub(channel));
}

Error Client::explained(const grpc::Status &status) const
{
  Error error = from_status(status);
  const std::string where = printable(address_);
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      error.what = fmt::format("the agent on {} went away ({}): is lingerd still running?", where,
                               error.what);
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      error.what = fmt::format("the agent on {} did not answer in time: see its log", where);
      break;
    case grpc::StatusCode::UNIMPLEMENTED:
      error.what =
          fmt::format("the agent on {} does not know this call: is it an older lingerd?", where);
      break;
    case grpc::StatusCode::CANCELLED:
      error.what = "cancelled";
      break;
    default:
      break;
  }
  return error;
}

Result<v1::Report> Client::get_report(const ReportQuery &query, const std::stop_token &stop)
{
  grpc::ClientContext context;
  // Whether the window is a possible one is for the agent to say.
  const auto observed = std::clamp<domain::Nanos>(query.window, 0s, 2h);
  const auto looking = query.memory == domain::MemoryTier::census ? census_time : 0s;
  context.set_deadline(
      in(std::chrono::ceil<std::chrono::milliseconds>(observed) + looking + answer_time));
  const auto cancelling = cancel_on(stop, context);

  v1::GetReportRequest request;
  *request.mutable_window() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(query.window.count());
  request.mutable_tgids()->Add(query.tgids.begin(), query.tgids.end());
  request.set_memory(tier_of(query.memory));
  request.set_live(query.live);
  if (query.memory == domain::MemoryTier::allocations)
    *request.mutable_allocations() = to_proto(query.allocations);
  v1::GetReportResponse response;
  if (const grpc::Status status = stub_->GetReport(&context, request, &response); !status.ok())
    return tl::unexpected(explained(status));
  return std::move(*response.mutable_report());
}

Result<v1::Report> Client::get_report_since(domain::Nanos since, const Tgids &tgids,
                                            const std::stop_token &stop)
{
  grpc::ClientContext context;
  context.set_deadline(in(answer_time + history_time));
  const auto cancelling = cancel_on(stop, context);

  v1::GetReportRequest request;
  *request.mutable_since() = google::protobuf::util::TimeUtil::NanosecondsToDuration(since.count());
  request.mutable_tgids()->Add(tgids.begin(), tgids.end());
  v1::GetReportResponse response;
  if (const grpc::Status status = stub_->GetReport(&context, request, &response); !status.ok())
    return tl::unexpected(explained(status));
  return std::move(*response.mutable_report());
}

Result<v1::GetProfileResponse> Client::get_profile(const ProfileQuery &query, ProfileFormat format,
                                                   const std::stop_token &stop)
{
  grpc::ClientContext context;
  const auto observed = std::clamp<domain::Nanos>(query.window, 0s, 2h);
  context.set_deadline(in(std::chrono::ceil<std::chrono::milliseconds>(observed) + answer_time));
  const auto cancelling = cancel_on(stop, context);

  v1::GetProfileRequest request;
  request.set_kind(to_proto(query.kind));
  request.set_format(to_proto(format));
  *request.mutable_window() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(query.window.count());
  request.mutable_tgids()->Add(query.tgids.begin(), query.tgids.end());
  if (domain::needs_allocations(query.kind))
    *request.mutable_allocations() = to_proto(query.allocations);
  v1::GetProfileResponse response;
  if (const grpc::Status status = stub_->GetProfile(&context, request, &response); !status.ok())
    return tl::unexpected(explained(status));
  return response;
}

Result<v1::Census> Client::take_census(const CensusQuery &query, const std::stop_token &stop)
{
  grpc::ClientContext context;
  const auto observed = std::clamp<domain::Nanos>(query.window, 0s, 2h);
  context.set_deadline(
      in(std::chrono::ceil<std::chrono::milliseconds>(observed) + census_time + answer_time));
  const auto cancelling = cancel_on(stop, context);

  v1::TakeCensusRequest request;
  request.set_worker(query.worker);
  *request.mutable_window() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(query.window.count());
  request.mutable_types()->Add(query.types.begin(), query.types.end());
  v1::TakeCensusResponse response;
  if (const grpc::Status status = stub_->TakeCensus(&context, request, &response); !status.ok())
    return tl::unexpected(explained(status));
  return std::move(*response.mutable_census());
}

Result<v1::ListServersResponse> Client::list_servers(const Tgids &tgids,
                                                     const std::stop_token &stop)
{
  grpc::ClientContext context;
  context.set_deadline(in(answer_time));
  const auto cancelling = cancel_on(stop, context);

  v1::ListServersRequest request;
  request.mutable_tgids()->Add(tgids.begin(), tgids.end());
  v1::ListServersResponse response;
  if (const grpc::Status status = stub_->ListServers(&context, request, &response); !status.ok())
    return tl::unexpected(explained(status));
  return response;
}

template <typename Message>
StreamResult Client::read_all(grpc::ClientContext &context, grpc::ClientReader<Message> &reader,
                              const MessageHandler<Message> &handler,
                              const std::stop_token &stop) const
{
  bool wanted = true;
  Message message;
  while (wanted && reader.Read(&message))
    wanted = handler(message);
  if (!wanted)
    context.TryCancel();
  const grpc::Status status = reader.Finish();
  if (status.ok() || !wanted || stop.stop_requested())
    return {};
  // This side did not cancel: so an agent did that ended in a hurry.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::CANCELLED)
    return tl::unexpected(
        StreamError{ explained({ grpc::StatusCode::UNAVAILABLE, status.error_message() }), true });
  return tl::unexpected(StreamError{ explained(status) });
}

StreamResult Client::watch_workers(const v1::WatchWorkersRequest &request,
                                   const MessageHandler<v1::WatchWorkersResponse> &handler,
                                   const std::stop_token &stop)
{
  grpc::ClientContext context;
  const auto cancelling = cancel_on(stop, context);
  return read_all(context, *stub_->WatchWorkers(&context, request), handler, stop);
}

StreamResult Client::watch_requests(const v1::WatchRequestsRequest &request,
                                    const MessageHandler<v1::WatchRequestsResponse> &handler,
                                    const std::stop_token &stop)
{
  grpc::ClientContext context;
  const auto cancelling = cancel_on(stop, context);
  return read_all(context, *stub_->WatchRequests(&context, request), handler, stop);
}

StreamResult Client::watch_findings(const v1::WatchFindingsRequest &request,
                                    const MessageHandler<v1::WatchFindingsResponse> &handler,
                                    const std::stop_token &stop)
{
  grpc::ClientContext context;
  const auto cancelling = cancel_on(stop, context);
  return read_all(context, *stub_->WatchFindings(&context, request), handler, stop);
}

bool agent_answers(const std::string &text)
{
  const auto address = parse_address(text);
  return address && look_at(*address) && channel_to(*address)->WaitForConnected(in(500ms));
}

} // namespace linger::serve
