// A process that plays a worker: the real probes watch it on this machine's kernel.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>

namespace linger {

/// Runs `body` in a child process and ends it when destroyed.
class WorkerProcess {
public:
  explicit WorkerProcess(const std::function<void()> &body);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess &) = delete;
  WorkerProcess &operator=(const WorkerProcess &) = delete;

  [[nodiscard]] pid_t tgid() const { return tgid_; }
  /// Waits until it ends by itself.
  void join();

private:
  pid_t tgid_;
};

/// A listening socket on a free port of 127.0.0.1, or on a unix path.
class Listener {
public:
  Listener();
  explicit Listener(const std::string &path);
  ~Listener();
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  /// "127.0.0.1:4711" or "unix:/tmp/x".
  [[nodiscard]] const std::string &address() const { return address_; }
  /// A connected socket; the caller closes it.
  [[nodiscard]] int connect() const;

private:
  int fd_;
  std::string address_;
};

/// Sends all of `text`; false when the peer is gone.
bool send_text(int fd, const std::string &text);

/// Receives until "end of response" has come or the peer closes; what came.
std::string receive_response(int fd);

/// A whole request as a client makes it: connect, send, receive until close.
std::string ask(const Listener &listener, const std::string &request);

/// A server with one thread that closes every connection after one response, like Gunicorn's sync
/// worker. `handle` may send to the descriptor it is given.
void serve_one_at_a_time(const Listener &listener,
                         const std::function<void(int fd, const std::string &request)> &handle);

/// A peer with a thread for each connection, which answers one byte to whatever it receives,
/// `delay` later.
[[noreturn]] void answer_after(const Listener &peer, std::chrono::milliseconds delay);

inline const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

} // namespace linger
