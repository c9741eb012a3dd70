#include "serve/http_listener.h"

#include "serve/address.h"
#include "serve/bind_check.h"
#include "serve/http_library.h"

#include <atomic>
#include <thread>
#include <variant>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_request_bytes = 64 * 1024;
// A connection that nothing is asked on holds its thread for so long.
constexpr std::time_t patience_seconds = 2;

bool is_loopback(const std::string &host)
{
  return host == "::1" || host.starts_with("127.");
}

bool is_numeric_address(const std::string &host)
{
  in_addr four{};
  in6_addr six{};
  return ::inet_pton(AF_INET, host.c_str(), &four) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

void set_up_connections(httplib::Server &server, std::size_t threads, bool only_local)
{
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_payload_max_length(most_request_bytes);
  server.set_read_timeout(5s);
  server.set_write_timeout(5s);
  server.set_keep_alive_timeout(patience_seconds);
  // The library would share the port with whoever asks for it.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  if (!only_local)
    return;
  server.set_pre_routing_handler([](const httplib::Request &request, httplib::Response &response) {
    if (is_local_host_header(request.get_header_value("Host")))
      return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    response.set_content("This address is for this host alone: use it by number.\n", "text/plain");
    return httplib::Server::HandlerResponse::Handled;
  });
}

} // namespace

bool is_local_host_header(std::string_view host)
{
  std::string name{ host };
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    return end != std::string::npos && is_numeric_address(name.substr(1, end - 1));
  }
  if (const std::size_t colon = name.find(':'); colon != std::string::npos)
    name.resize(colon);
  return name.empty() || name == "localhost" || is_numeric_address(name);
}

struct HttpListener::Running {
  httplib::Server server;
  std::string address;
  std::atomic<bool> ended = false;
  std::jthread listening;
};

Result<HttpListener> HttpListener::start(const std::string &address, const ListenerOptions &options,
                                         const SetUp &set_up)
{
  const Result<Address> parsed = parse_address(address);
  if (!parsed)
    return tl::unexpected(parsed.error());
  const auto *named = std::get_if<HostAndPort>(&*parsed);
  if (named == nullptr)
    return failure(Error::Kind::usage,
                   "HTTP is served at HOST:PORT, and \"" + address + "\" is a unix socket");
  const Result<HostAndPort> host = listening_on(*named, options.allow_remote);
  if (!host)
    return tl::unexpected(host.error());
  if (const Result<> free = try_to_bind(*host); !free)
    return tl::unexpected(free.error());

  auto running = std::make_unique<Running>();
  const bool only_local = is_loopback(host->host);
  set_up_connections(running->server, options.threads, only_local);
  set_up(running->server, only_local);
  const int port = host->port == 0 ? running->server.bind_to_any_port(host->host)
                   : running->server.bind_to_port(host->host, host->port) ? host->port
                                                                          : -1;
  if (port <= 0)
    return failure(Error::Kind::internal, "listen on " + host->text() + ": refused");
  running->address = HostAndPort{ host->host, static_cast<std::uint16_t>(port) }.text();
  running->listening = std::jthread{ [self = running.get()] {
    self->server.listen_after_bind();
    self->ended = true;
  } };
  return HttpListener{ std::move(running) };
}

HttpListener::HttpListener(std::unique_ptr<Running> running) : running_(std::move(running)) {}
HttpListener::HttpListener(HttpListener &&) noexcept = default;
HttpListener &HttpListener::operator=(HttpListener &&other) noexcept
{
  stop();
  running_ = std::move(other.running_);
  return *this;
}

HttpListener::~HttpListener()
{
  stop();
}

const std::string &HttpListener::address() const
{
  return running_->address;
}

void HttpListener::stop()
{
  if (!running_ || !running_->listening.joinable())
    return;
  // stop() of a server that does not run yet would be forgotten.
  while (!running_->server.is_running() && !running_->ended)
    std::this_thread::sleep_for(1ms);
  running_->server.stop();
  running_->listening.join();
}

} // namespace linger::serve
