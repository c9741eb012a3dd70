#include "serve/server.h"

#include "serve/acceptor.h"
#include "serve/address.h"
#include "serve/bind_check.h"

#include <chrono>
#include <condition_variable>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <mutex>
#include <stop_token>
#include <thread>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr int most_request_bytes = 64 * 1024; // a request is a few tgids and a span
constexpr int most_threads = 128;             // an open call holds one
constexpr auto grace = 1s;                    // for calls to end, when the server is stopped

void install_plugins()
{
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

void set_limits(grpc::ServerBuilder &builder)
{
  builder.SetMaxReceiveMessageSize(most_request_bytes);
  builder.SetResourceQuota(grpc::ResourceQuota("linger").SetMaxThreads(most_threads));
  // Two agents on one port would each get some of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A stream may be silent for an hour: notice peers that are gone, and let clients ask likewise.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

} // namespace

struct Server::Running {
  Running(AgentView &agent, ServerOptions options)
      : access(std::move(options.operators)),
        service(agent, access, options.limits, options.history)
  {
  }

  Access access;
  DiagnosticsService service;
  std::vector<UnixListener> listeners;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::vector<std::string> addresses;
};

Result<Server> Server::start(const std::vector<std::string> &addresses, AgentView &agent,
                             ServerOptions options)
{
  install_plugins();
  auto running = std::make_unique<Running>(agent, options);
  grpc::ServerBuilder builder;
  set_limits(builder);
  builder.RegisterService(&running->service);

  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (options.tls.given()) {
    const auto encrypted = server_credentials(options.tls);
    if (!encrypted)
      return tl::unexpected(encrypted.error());
    credentials = *encrypted;
  }
  std::vector<HostAndPort> hosts;
  std::vector<int> ports(addresses.size()); // never grows: gRPC keeps pointers into it
  for (const std::string &text : addresses) {
    const auto address = parse_address(text);
    if (!address)
      return tl::unexpected(address.error());
    if (const auto *socket = std::get_if<SocketPath>(&*address)) {
      auto listener = UnixListener::open(socket->path);
      if (!listener)
        return tl::unexpected(listener.error());
      running->listeners.push_back(std::move(*listener));
      running->addresses.push_back(text);
      continue;
    }
    const auto host =
        listening_on(std::get<HostAndPort>(*address), options.allow_remote || options.tls.given());
    if (!host)
      return tl::unexpected(host.error());
    if (const auto free = try_to_bind(*host); !free)
      return tl::unexpected(free.error());
    builder.AddListeningPort(host->text(), credentials, &ports[hosts.size()]);
    hosts.push_back(*host);
  }

  running->server = builder.BuildAndStart();
  if (!running->server)
    return failure(Error::Kind::internal, "start the gRPC server: gRPC's own log says why");
  for (std::size_t i = 0; i < hosts.size(); ++i)
    running->addresses.push_back(
        HostAndPort{ hosts[i].host, static_cast<std::uint16_t>(ports[i]) }.text());
  running->server->GetHealthCheckService()->SetServingStatus(v1::Diagnostics::service_full_name(),
                                                             true);

  Server server(std::move(running));
  for (UnixListener &listener : server.running_->listeners) {
    auto acceptor =
        Acceptor::start(std::move(listener), *server.running_->server, server.running_->access);
    if (!acceptor)
      return tl::unexpected(acceptor.error());
    server.running_->acceptors.push_back(std::move(*acceptor));
  }
  server.running_->listeners.clear();
  return server;
}

Server::Server(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Server::Server(Server &&) noexcept = default;
Server &Server::operator=(Server &&other) noexcept
{
  stop();
  running_ = std::move(other.running_);
  return *this;
}

Server::~Server()
{
  stop();
}

const std::vector<std::string> &Server::addresses() const
{
  return running_->addresses;
}

Client Server::client()
{
  return Client("in this process",
                v1::Diagnostics::NewStub(running_->server->InProcessChannel({})));
}

void Server::stop()
{
  if (!running_ || !running_->server)
    return;
  for (const auto &acceptor : running_->acceptors)
    acceptor->stop();
  running_->server->GetHealthCheckService()->SetServingStatus(false);
  running_->service.stop();
  {
    // Shutdown() waits for calls that it has cancelled, and those for clients that read nothing.
    std::mutex mutex;
    std::condition_variable_any over;
    const std::jthread impatient([&](const std::stop_token &stopped) {
      std::unique_lock lock(mutex);
      if (over.wait_for(lock, stopped, 2 * grace, [] { return false; }); stopped.stop_requested())
        return;
      for (const auto &acceptor : running_->acceptors)
        acceptor->disconnect();
    });
    running_->server->Shutdown(std::chrono::system_clock::now() + grace);
  }
  running_->server.reset();
  running_->acceptors.clear();
}

} // namespace linger::serve
