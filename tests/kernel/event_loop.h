// An event loop as the worker of a test runs one: tasks with stacks of their own on one thread, as
// gevent's and eventlet's. A task that would block lets the others go on.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <ucontext.h>
#include <vector>

namespace linger {

class EventLoop {
public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop &) = delete;
  EventLoop &operator=(const EventLoop &) = delete;

  /// Begins `task` when the loop comes round to it.
  void spawn(std::function<void()> task);
  /// Runs tasks for ever.
  [[noreturn]] void run();

  // For tasks. None of these lets the thread itself block.

  [[nodiscard]] int accept(int listener);
  [[nodiscard]] int connect(const std::string &address);
  /// What has come on `fd`; empty at its end.
  [[nodiscard]] std::string receive(int fd);
  void sleep_for(std::chrono::milliseconds time);

private:
  using Clock = std::chrono::steady_clock;
  struct Task;

  void wait_for(int fd, unsigned events);
  void leave();
  void resume(Task *task);
  static void enter(unsigned high, unsigned low);

  int epoll_;
  ucontext_t own_{};
  Task *running_ = nullptr;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Task *> ready_;
  std::multimap<Clock::time_point, Task *> timers_;
};

/// Accepts on `listener` and serves each connection's requests in a task of its own. `handle` gets
/// the request's bytes; what it returns is sent, if it is anything.
[[noreturn]] void
serve_in_turns(int listener,
               const std::function<std::string(EventLoop &, const std::string &)> &handle);

} // namespace linger
