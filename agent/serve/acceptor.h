// Hands connections to gRPC that were accepted on a socket of our own: gRPC would bind a unix
// socket under the umask that happens to hold, and remove whatever stands at its path.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "serve/access.h"
#include "serve/unix_socket.h"

#include <grpcpp/server.h>
#include <memory>
#include <thread>

namespace linger::serve {

/// Accepts on its own thread until destroyed, and tells `access` who came.
class Acceptor {
public:
  [[nodiscard]] static Result<std::unique_ptr<Acceptor>>
  start(UnixListener listener, grpc::Server &server, Access &access);

  Acceptor(const Acceptor &) = delete;
  Acceptor &operator=(const Acceptor &) = delete;
  Acceptor(Acceptor &&) = delete;
  Acceptor &operator=(Acceptor &&) = delete;
  ~Acceptor();

private:
  Acceptor(UnixListener listener, UniqueFd stopping, grpc::Server &server, Access &access);
  void accept_all();

  UnixListener listener_;
  UniqueFd stopping_; // an eventfd, readable once the thread is to end
  grpc::Server &server_;
  Access &access_;
  std::jthread thread_;
};

} // namespace linger::serve
