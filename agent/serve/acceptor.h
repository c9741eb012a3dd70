// Hands connections to gRPC that were accepted on a socket of our own: gRPC would bind a unix
// socket under the umask that happens to hold, and remove whatever stands at its path.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "serve/access.h"
#include "serve/unix_socket.h"

#include <grpcpp/server.h>
#include <map>
#include <memory>
#include <sys/types.h>
#include <thread>

namespace linger::serve {

/// Accepts on its own thread until stopped, and tells `access` who came.
class Acceptor {
public:
  [[nodiscard]] static Result<std::unique_ptr<Acceptor>>
  start(UnixListener listener, grpc::Server &server, Access &access);

  Acceptor(const Acceptor &) = delete;
  Acceptor &operator=(const Acceptor &) = delete;
  Acceptor(Acceptor &&) = delete;
  Acceptor &operator=(Acceptor &&) = delete;
  ~Acceptor();

  /// Nobody is let in any more. Once it is stopped, calling it again does nothing.
  void stop();

  /// Ends the connections of those who are still there, whatever gRPC has left to send them: a
  /// cancelled call ends only once its latest bytes are taken, and a client that was stopped takes
  /// none. After stop().
  void disconnect();

private:
  Acceptor(UnixListener listener, UniqueFd stopping, grpc::Server &server, Access &access);
  void accept_all();

  UnixListener listener_;
  UniqueFd stopping_; // an eventfd, readable once the thread is to end
  grpc::Server &server_;
  Access &access_;
  /// Inodes by descriptor, to know those that gRPC has closed since.
  std::map<int, ino_t> accepted_;
  std::jthread thread_;
};

} // namespace linger::serve
