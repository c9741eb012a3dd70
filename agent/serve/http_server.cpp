#include "serve/http_server.h"

#include "base/socket.h"
#include "serve/address.h"
#include "serve/bind_check.h"
#include "serve/health_page.h"
#include "serve/latest_findings.h"
#include "serve/metrics/metrics_page.h"

#include <atomic>
#include <httplib.h>
#include <mutex>
#include <thread>
#include <variant>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t threads = 4; // scrapers are few
constexpr std::size_t most_request_bytes = 64 * 1024;

constexpr const char *index_text = "Linger, the agent on this host.\n"
                                   "\n"
                                   "/metrics   for Prometheus and its kin, see docs/metrics.md\n";

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

struct HttpServer::Running {
  Running(AgentView &agent_view, const HttpOptions &options)
      : agent(agent_view), page(options.max_endpoints),
        findings(agent_view, options.findings_window)
  {
  }

  void set_up(bool only_local);
  void answer_metrics(const httplib::Request &request, httplib::Response &response);

  AgentView &agent;
  std::mutex page_mutex;
  MetricsPage page;
  LatestFindings findings;
  httplib::Server server;
  std::string address;
  std::atomic<bool> ended = false;
  std::jthread listening;
};

void HttpServer::Running::set_up(bool only_local)
{
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_payload_max_length(most_request_bytes);
  server.set_read_timeout(5s);
  server.set_write_timeout(5s);
  // The library would share the port with whoever asks for it.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  if (only_local) {
    server.set_pre_routing_handler(
        [](const httplib::Request &request, httplib::Response &response) {
          if (is_local_host_header(request.get_header_value("Host")))
            return httplib::Server::HandlerResponse::Unhandled;
          response.status = 403;
          response.set_content("This address is for this host alone: use it by number.\n",
                               "text/plain");
          return httplib::Server::HandlerResponse::Handled;
        });
  }
  server.Get("/", [](const httplib::Request &, httplib::Response &response) {
    response.set_content(index_text, "text/plain");
  });
  serve_health(server, agent);
  server.Get("/metrics", [this](const httplib::Request &request, httplib::Response &response) {
    answer_metrics(request, response);
  });
}

void HttpServer::Running::answer_metrics(const httplib::Request &request,
                                         httplib::Response &response)
{
  const Result<domain::Report> totals = agent.totals();
  if (!totals) {
    response.status = 503;
    response.set_content(totals.error().what + "\n", "text/plain");
    return;
  }
  const auto format = Exposition::format_for(request.get_header_value("Accept"));
  const std::vector<domain::Finding> holding = findings.now();
  const std::scoped_lock lock{ page_mutex };
  response.set_content(page.text(*totals, holding, format), Exposition::content_type(format));
}

Result<HttpServer> HttpServer::start(const std::string &address, AgentView &agent,
                                     HttpOptions options)
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

  auto running = std::make_unique<Running>(agent, options);
  running->set_up(is_loopback(host->host));
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
  return HttpServer{ std::move(running) };
}

HttpServer::HttpServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}
HttpServer::HttpServer(HttpServer &&) noexcept = default;
HttpServer &HttpServer::operator=(HttpServer &&other) noexcept
{
  stop();
  running_ = std::move(other.running_);
  return *this;
}

HttpServer::~HttpServer()
{
  stop();
}

const std::string &HttpServer::address() const
{
  return running_->address;
}

void HttpServer::stop()
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
