// The agent's pages for programs that speak HTTP: /metrics.

#pragma once

#include "base/result.h"
#include "serve/agent_view.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace linger::serve {

inline constexpr std::string_view default_http_address = "127.0.0.1:9464";

struct HttpOptions {
  /// Whether an address that other hosts can reach may be listened on. Nothing is encrypted and
  /// nobody is asked who they are.
  bool allow_remote = false;
  /// Endpoints of one server that have series of their own.
  std::size_t max_endpoints = 200;
  /// How long what a finding rests on is looked at.
  domain::Nanos findings_window = std::chrono::minutes{ 1 };
};

/// Serves from start() until stop() or destruction, on threads of its own.
class HttpServer {
public:
  /// `address` is "HOST:PORT", port 0 for any free one. `agent` must outlive the server.
  [[nodiscard]] static Result<HttpServer> start(const std::string &address, AgentView &agent,
                                                HttpOptions options = {});

  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;
  HttpServer(HttpServer &&) noexcept;
  HttpServer &operator=(HttpServer &&) noexcept;
  ~HttpServer();

  /// Where it listens, the port filled in.
  [[nodiscard]] const std::string &address() const;

  /// Ends open connections. May be called twice.
  void stop();

private:
  struct Running;
  explicit HttpServer(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

/// Whether a request with this Host header may be answered on a loopback address: a name could be
/// one that a page in somebody's browser made to point here (DNS rebinding), so only "localhost"
/// and addresses are.
[[nodiscard]] bool is_local_host_header(std::string_view host);

} // namespace linger::serve
