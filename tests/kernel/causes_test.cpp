// What a request waits on, seen by the real probes: each wait is made on purpose by a process that
// plays a worker. A wait never ends before its time, so the lower bounds hold on a busy machine
// too; how exact the figures are is for the end-to-end tests to say.

#include "base/socket.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

constexpr std::chrono::milliseconds wait_length{ 40 };

void nap()
{
  std::this_thread::sleep_for(wait_length);
}

void burn()
{
  timespec begin{};
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  do {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while ((now.tv_sec - begin.tv_sec) * 1'000'000'000L + (now.tv_nsec - begin.tv_nsec) <
           std::chrono::nanoseconds(wait_length).count());
}

void wait_for_child()
{
  const pid_t child = ::fork();
  if (child == 0) {
    nap();
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

void wait_for_pipe()
{
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::thread writer([&] {
    nap();
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
  });
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  writer.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

void wait_for_lock()
{
  std::mutex mutex;
  std::mutex held;
  held.lock();
  std::thread holder([&] {
    const std::lock_guard lock(mutex);
    held.unlock();
    nap();
  });
  held.lock(); // the holder has the mutex now
  mutex.lock();
  mutex.unlock();
  holder.join();
  held.unlock();
}

/// Talks to a peer that answers after a while, the way its client library waits for the answer.
void talk(const Listener &peer, const std::string &bytes,
          const std::function<void(int fd)> &wait_for_answer)
{
  const int fd = peer.connect();
  send_text(fd, bytes);
  wait_for_answer(fd);
  char byte = 0;
  EXPECT_EQ(::recv(fd, &byte, 1, 0), 1);
  ::close(fd);
}

void block(int)
{
  // recv itself waits
}

void wait_with_poll(int fd)
{
  pollfd one{ .fd = fd, .events = POLLIN, .revents = 0 };
  ::poll(&one, 1, -1);
}

void wait_with_select(int fd)
{
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  ::select(fd + 1, &set, nullptr, nullptr, nullptr);
}

void wait_with_epoll(int fd)
{
  const int epoll = ::epoll_create1(0);
  epoll_event event{ .events = EPOLLIN, .data = {} };
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  ::epoll_wait(epoll, &event, 1, -1);
  ::close(epoll);
}

/// A peer: answers one byte to whatever it receives, after a while.
void answer_slowly(const Listener &peer)
{
  for (;;) {
    const int fd = ::accept4(peer.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 256> buffer;
    if (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
      nap();
      send_text(fd, "x");
    }
    ::close(fd);
  }
}

// PostgreSQL's simple query and Redis' array of bulk strings: recognised by their bytes, since no
// port of this test is a well-known one.
const std::string query("Q\0\0\0\x0dSELECT 1\0", 14);
const std::string command = "*1\r\n$4\r\nPING\r\n";

struct Case {
  const char *name;
  Cause cause;
  const char *what;
  std::function<void(const Listener &tcp_peer, const Listener &unix_peer)> wait;
};

std::ostream &operator<<(std::ostream &out, const Case &one)
{
  return out << one.name;
}

/// "on_cpu 40120345 ns, run_queue 2345 ns".
std::string all_of(const domain::CauseTimes &times)
{
  std::string text;
  for (const Cause cause : domain::all_causes()) {
    if (times[cause].count() != 0)
      text += (text.empty() ? "" : ", ") + std::string(name_of(cause)) + " " +
              std::to_string(times[cause].count()) + " ns";
  }
  return text;
}

/// The thread's own clock also runs while the scheduler switches to it, which is still run_queue in
/// the ledger: microseconds, unless a hypervisor takes the CPU at that moment.
std::chrono::microseconds tolerance_of(Cause cause)
{
  return cause == Cause::on_cpu ? 1000us : 0us;
}

/// As many requests as it takes, up to five, until one was not disturbed: a thread that is
/// preempted on its way into a wait waits less.
domain::Request ask_for_the_best(const Listener &listener, Observed &observed, Cause cause)
{
  constexpr std::size_t most = 5;
  domain::Request best;
  for (std::size_t asked = 1; asked <= most; ++asked) {
    EXPECT_TRUE(ask(listener, "GET /wait?secret=1 HTTP/1.1\r\n\r\n").ends_with("ok"));
    if (!observed.wait_for_requests(asked)) {
      ADD_FAILURE() << "request " << asked << " was not seen";
      break;
    }
    const domain::Request latest = observed.requests().back();
    if (asked == 1 || latest.times[cause] > best.times[cause])
      best = latest;
    if (best.times[cause] >= wait_length - tolerance_of(cause))
      break;
  }
  return best;
}

class Causes : public testing::TestWithParam<std::tuple<Case, bool>> {};

TEST_P(Causes, AWaitCountsAsWhatItIsFor)
{
  const auto &[one, by_syscall] = GetParam();
  const Listener listener;
  const Listener tcp_peer;
  const Listener unix_peer("/tmp/linger-test-" + std::to_string(::getpid()) + ".sock");
  const WorkerProcess peer_of_tcp([&] { answer_slowly(tcp_peer); });
  const WorkerProcess peer_of_unix([&] { answer_slowly(unix_peer); });

  collect::CollectorOptions options;
  options.force_syscall_boundaries = by_syscall;
  OBSERVE_OR_SKIP(observed, options, listener.address());
  const WorkerProcess worker([&, &wait = one.wait] {
    serve_one_at_a_time(listener, [&](int fd, const std::string &) {
      wait(tcp_peer, unix_peer);
      send_text(fd, response);
    });
  });

  const domain::Request request = ask_for_the_best(listener, *observed, one.cause);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/wait");
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.tgid, static_cast<std::uint32_t>(worker.tgid()));
  EXPECT_GE(request.times[one.cause], wait_length - tolerance_of(one.cause))
      << all_of(request.times);
  EXPECT_EQ(request.times.wall(), request.window.length());
  if (one.cause == Cause::on_cpu)
    return;

  // Its record comes from the same moments.
  bool found = false;
  for (const auto &wait : observed->all_of<domain::Wait>())
    found |= wait.cause == one.cause && wait.request_sequence == request.sequence &&
             wait.window.length() >= wait_length / 2 &&
             wait.what.find(one.what) != std::string::npos;
  EXPECT_TRUE(found) << "no wait on " << one.what;
}

const std::vector<Case> cases{
  { "on_cpu", Cause::on_cpu, "", [](auto &, auto &) { burn(); } },
  { "sleep", Cause::sleep, "clock_nanosleep", [](auto &, auto &) { nap(); } },
  { "select_without_descriptors", Cause::sleep, "select",
    [](auto &, auto &) {
      timeval timeout{ .tv_sec = 0,
                       .tv_usec = std::chrono::microseconds(wait_length).count() + 1000 };
      ::select(0, nullptr, nullptr, nullptr, &timeout);
    } },
  { "child", Cause::child, "wait4", [](auto &, auto &) { wait_for_child(); } },
  { "pipe", Cause::child, "pipe", [](auto &, auto &) { wait_for_pipe(); } },
  { "lock", Cause::lock, "futex", [](auto &, auto &) { wait_for_lock(); } },
  { "upstream", Cause::upstream,
    "127.0.0.1:", [](auto &peer, auto &) { talk(peer, "GET / HTTP/1.1\r\n\r\n", block); } },
  { "database_by_poll", Cause::database,
    "127.0.0.1:", [](auto &peer, auto &) { talk(peer, query, wait_with_poll); } },
  { "database_by_select", Cause::database,
    "127.0.0.1:", [](auto &peer, auto &) { talk(peer, query, wait_with_select); } },
  { "database_by_epoll", Cause::database,
    "127.0.0.1:", [](auto &peer, auto &) { talk(peer, query, wait_with_epoll); } },
  { "database_on_a_unix_socket", Cause::database,
    "unix:", [](auto &, auto &peer) { talk(peer, query, wait_with_poll); } },
  { "cache", Cause::cache, "127.0.0.1:", [](auto &peer, auto &) { talk(peer, command, block); } },
};

INSTANTIATE_TEST_SUITE_P(OnSockets, Causes,
                         testing::Combine(testing::ValuesIn(cases), testing::Values(false)),
                         [](const auto &test) {
                           return std::string(std::get<0>(test.param).name);
                         });
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, Causes,
                         testing::Combine(testing::ValuesIn(cases), testing::Values(true)),
                         [](const auto &test) {
                           return std::string(std::get<0>(test.param).name);
                         });

} // namespace
} // namespace linger
