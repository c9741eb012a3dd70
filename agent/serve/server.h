// The agent's gRPC server: linger.v1.Diagnostics, health and reflection.

#pragma once

#include "base/result.h"
#include "serve/agent_view.h"
#include "serve/client.h"
#include "serve/diagnostics_service.h"
#include "serve/tls.h"

#include <memory>
#include <string>
#include <vector>

namespace linger::serve {

class History; // history/history.h

struct ServerOptions {
  /// Whether an address that other hosts can reach may be listened on without TLS. Nothing is
  /// encrypted and nobody is asked who they are.
  bool allow_remote = false;
  ServiceLimits limits;
  /// For HOST:PORT. Where given, such addresses are encrypted, clients must show a certificate, and
  /// other hosts may be among them.
  TlsFiles tls = {};
  Operators operators = {};
  /// What is known of the past; null where nothing is kept. Must outlive the server.
  History *history = nullptr;
};

/// Serves from start() until stop() or destruction, on threads of its own. A socket in the file
/// system (see UnixListener) is removed at the end; who may connect to it is up to its permissions.
class Server {
public:
  /// Listens on all `addresses` ("unix:///PATH" or "HOST:PORT", port 0 for any free one) or fails
  /// and leaves nothing behind; with none at all, client() is the only way in. `agent` must outlive
  /// the server.
  [[nodiscard]] static Result<Server> start(const std::vector<std::string> &addresses,
                                            AgentView &agent, ServerOptions options = {});

  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;
  Server(Server &&) noexcept;
  Server &operator=(Server &&) noexcept;
  ~Server();

  /// Where it listens, ports filled in.
  [[nodiscard]] const std::vector<std::string> &addresses() const;

  /// A client in this process, for which no address is needed. Its calls fail once the server
  /// stopped.
  [[nodiscard]] Client client();

  /// Takes no more connections, tells those who watch its health, ends open calls as UNAVAILABLE
  /// and cancels within 1 s those that do not end. A client that has stopped reading in the middle
  /// of a message is disconnected after 2 s; gRPC then takes up to 10 s more. May be called twice.
  void stop();

private:
  struct Running;
  explicit Server(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

} // namespace linger::serve
