// What the agent serves over HTTP: /metrics to scrapers, and the page to browsers.

#pragma once

#include "base/result.h"
#include "serve/agent_view.h"
#include "serve/http_listener.h"
#include "serve/metrics/metric_sink.h"
#include "serve/page/live_feed.h"
#include "serve/page/page_files.h"

#include <cstddef>
#include <functional>
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
  /// Whether whoever can reach a loopback address may have a census taken. Never on another
  /// address.
  bool census_for_all = false;
  /// Tells what else there is to scrape, after all the rest.
  std::function<void(MetricSink &)> more_metrics = [](MetricSink &) {};
  PageFiles page_files = built_page_files();
  LiveFeedOptions page_feed{};
};

/// Serves from start() until stop() or destruction, on threads of its own.
class HttpServer {
public:
  /// `address` is "HOST:PORT", port 0 for any free one. `agent` must outlive the server.
  [[nodiscard]] static Result<HttpServer> start(const std::string &address, AgentView &agent,
                                                const HttpOptions &options = {});

  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;
  HttpServer(HttpServer &&) noexcept;
  HttpServer &operator=(HttpServer &&) noexcept;
  ~HttpServer();

  /// Where it listens, the port filled in.
  [[nodiscard]] const std::string &address() const;

  /// Whether it has a page for browsers.
  [[nodiscard]] bool has_page() const;

  /// Ends open connections. May be called twice.
  void stop();

private:
  struct Running;
  explicit HttpServer(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

} // namespace linger::serve
