// An HTTP server's socket and threads, whatever it serves.

#pragma once

#include "base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace httplib {
class Server;
}

namespace linger::serve {

struct ListenerOptions {
  /// Whether an address that other hosts can reach may be listened on. Nothing is encrypted and
  /// nobody is asked who they are.
  bool allow_remote = false;
  /// Each open connection holds one.
  std::size_t threads = 4;
};

/// Serves from start() until stop() or destruction, on threads of its own.
class HttpListener {
public:
  /// What it serves; called before it listens, with whether only this host can reach it.
  using SetUp = std::function<void(httplib::Server &server, bool only_local)>;

  /// `address` is "HOST:PORT", port 0 for any free one.
  [[nodiscard]] static Result<HttpListener>
  start(const std::string &address, const ListenerOptions &options, const SetUp &set_up);

  HttpListener(const HttpListener &) = delete;
  HttpListener &operator=(const HttpListener &) = delete;
  HttpListener(HttpListener &&) noexcept;
  HttpListener &operator=(HttpListener &&) noexcept;
  ~HttpListener();

  /// Where it listens, the port filled in.
  [[nodiscard]] const std::string &address() const;

  /// Ends open connections once they are answered. May be called twice.
  void stop();

private:
  struct Running;
  explicit HttpListener(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

/// Whether a request with this Host header may be answered on a loopback address: a name could be
/// one that a page in somebody's browser made to point here (DNS rebinding), so only "localhost"
/// and addresses are.
[[nodiscard]] bool is_local_host_header(std::string_view host);

} // namespace linger::serve
