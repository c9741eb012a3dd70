#include "kernel/event_loop.h"

#include "base/socket.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace linger {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024;

} // namespace

struct EventLoop::Task {
  EventLoop *loop = nullptr;
  std::function<void()> body;
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(stack_bytes);
  ucontext_t context{};
  bool done = false;
};

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

EventLoop::~EventLoop()
{
  ::close(epoll_);
}

void EventLoop::spawn(std::function<void()> task)
{
  auto &made = tasks_.emplace_back(std::make_unique<Task>());
  made->loop = this;
  made->body = std::move(task);
  ::getcontext(&made->context);
  made->context.uc_stack.ss_sp = made->stack.get();
  made->context.uc_stack.ss_size = stack_bytes;
  made->context.uc_link = &own_;
  // makecontext() passes ints only.
  const auto address = reinterpret_cast<std::uintptr_t>(made.get());
  ::makecontext(&made->context, reinterpret_cast<void (*)()>(&EventLoop::enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  ready_.push_back(made.get());
}

void EventLoop::run()
{
  for (;;) {
    for (Task *task : std::exchange(ready_, {}))
      resume(task);
    const Clock::time_point looked = Clock::now();
    int timeout_ms = ready_.empty() ? -1 : 0;
    if (timeout_ms != 0 && !timers_.empty()) {
      const auto left = timers_.begin()->first - looked;
      timeout_ms = std::max<int>(
          0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    }
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), timeout_ms);
    for (int i = 0; i < count; ++i)
      resume(static_cast<Task *>(events[static_cast<std::size_t>(i)].data.ptr));
    // Those that have become due since are the next round's: how long one waited is not to depend
    // on what this round runs before it.
    while (!timers_.empty() && timers_.begin()->first <= looked) {
      Task *task = timers_.begin()->second;
      timers_.erase(timers_.begin());
      resume(task);
    }
  }
}

int EventLoop::accept(int listener)
{
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 || errno != EAGAIN)
      return fd;
    wait_for(listener, EPOLLIN);
  }
}

int EventLoop::connect(const std::string &address)
{
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  while (::connect(fd, reinterpret_cast<sockaddr *>(&peer), sizeof peer) != 0 && errno != EISCONN)
    wait_for(fd, EPOLLOUT);
  return fd;
}

std::string EventLoop::receive(int fd)
{
  std::array<char, 8192> buffer;
  for (;;) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count >= 0)
      return { buffer.data(), static_cast<std::size_t>(count) };
    if (errno != EAGAIN)
      return {};
    wait_for(fd, EPOLLIN);
  }
}

void EventLoop::sleep_for(std::chrono::milliseconds time)
{
  timers_.emplace(Clock::now() + time, running_);
  leave();
}

void EventLoop::wait_for(int fd, unsigned events)
{
  epoll_event event{ .events = events, .data = { .ptr = running_ } };
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  leave();
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::leave()
{
  ::swapcontext(&running_->context, &own_);
}

void EventLoop::resume(Task *task)
{
  running_ = task;
  ::swapcontext(&own_, &task->context);
  running_ = nullptr;
  if (task->done)
    std::erase_if(tasks_, [&](const auto &one) { return one.get() == task; });
}

void EventLoop::enter(unsigned high, unsigned low)
{
  auto *task = reinterpret_cast<Task *>(static_cast<std::uintptr_t>(high) << 32 | low);
  task->body();
  task->done = true;
}

void serve_in_turns(int listener,
                    const std::function<std::string(EventLoop &, const std::string &)> &handle)
{
  ::fcntl(listener, F_SETFL, O_NONBLOCK);
  EventLoop loop;
  loop.spawn([&] {
    for (;;) {
      const int fd = loop.accept(listener);
      if (fd < 0)
        return;
      loop.spawn([&, fd] {
        for (std::string request; !(request = loop.receive(fd)).empty();) {
          if (const std::string answer = handle(loop, request); !answer.empty())
            send_text(fd, answer);
        }
        ::close(fd);
      });
    }
  });
  loop.run();
}

} // namespace linger
