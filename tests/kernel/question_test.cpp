// What a worker asks of its peers, seen by the real probes: recognised by its bytes, told without
// its data, counted.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

constexpr auto delay = 20ms;

/// Answers one byte to whatever it receives, after `pause`, until the client goes.
void answer_each(const Listener &peer, std::chrono::microseconds pause)
{
  for (;;) {
    const int fd = ::accept4(peer.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 4096> buffer;
    while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
      std::this_thread::sleep_for(pause);
      send_text(fd, "x");
    }
    ::close(fd);
  }
}

void receive_answer(int fd)
{
  char byte = 0;
  EXPECT_EQ(::recv(fd, &byte, 1, 0), 1);
}

class Questions : public EitherWay {
protected:
  /// What was observed of one request in which the worker did `what` with a connection to a peer.
  void observe(std::chrono::microseconds pause, const std::function<void(int peer)> &what)
  {
    const Listener listener;
    const Listener peer;
    const WorkerProcess answering([&] { answer_each(peer, pause); });
    OBSERVE_OR_SKIP(observed, options(), listener.address());
    const WorkerProcess worker([&] {
      serve_one_at_a_time(listener, [&](int fd, const std::string &) {
        const int to_peer = peer.connect();
        what(to_peer);
        ::close(to_peer);
        send_text(fd, response);
      });
    });
    ASSERT_TRUE(ask(listener, "GET / HTTP/1.1\r\n\r\n").ends_with("ok"));
    ASSERT_TRUE(observed->wait_for_requests(1));
    request_ = observed->requests().front();
    for (const domain::Wait &wait : observed->all_of<domain::Wait>()) {
      if (wait.cause != Cause::on_cpu && wait.cause != Cause::client_read)
        waits_.push_back(wait);
    }
  }

  [[nodiscard]] std::vector<std::string> statements(Cause cause) const
  {
    std::vector<std::string> found;
    for (const domain::Wait &wait : waits_) {
      if (wait.cause == cause)
        found.push_back(wait.statement);
    }
    return found;
  }

  domain::Request request_;
  std::vector<domain::Wait> waits_;
};

using Texts = std::vector<std::string>;

std::string query(const std::string &sql)
{
  const auto size = static_cast<char>(sql.size() + 5);
  return std::string("Q\0\0\0", 4) + size + sql + '\0';
}

TEST_P(Questions, EachWaitHasTheStatementThatItsPeerWasAskedLast)
{
  observe(delay, [](int peer) {
    send_text(peer, query("SELECT 'first'"));
    receive_answer(peer);
    send_text(peer, query("SELECT a FROM b"));
    receive_answer(peer);
  });
  EXPECT_EQ(statements(Cause::database), (Texts{ "SELECT ?", "SELECT a FROM b" }));
  EXPECT_EQ(request_.calls, (domain::Calls{ .database = 2 }));
}

TEST_P(Questions, SeveralSendsWithoutAnAnswerAreOne)
{
  observe(delay, [](int peer) {
    const std::string whole = query("SELECT a FROM b WHERE c = 17");
    send_text(peer, whole);
    receive_answer(peer);
    send_text(peer, whole.substr(0, 9));
    send_text(peer, whole.substr(9));
    receive_answer(peer);
  });
  EXPECT_EQ(statements(Cause::database),
            (Texts{ "SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE c = ?" }));
  EXPECT_EQ(request_.calls.database, 2U);
}

TEST_P(Questions, WhatLiesBehindTheFirstBufferIsNotRead)
{
  observe(delay, [](int peer) {
    std::string memory = "GET /pay HTTP/1.1\r\n\r\nneighbour";
    std::string body = "body";
    std::array<iovec, 2> parts{ { { memory.data(), 6 }, { body.data(), body.size() } } };
    EXPECT_EQ(::writev(peer, parts.data(), 2), 10);
    receive_answer(peer);
  });
  // Of "GET /pbody" the first six bytes are known.
  EXPECT_EQ(statements(Cause::upstream), Texts{ "GET /…" });
}

TEST_P(Questions, KnowsMemcachedByItsBytes)
{
  observe(delay, [](int peer) {
    send_text(peer, "get secret\r\n");
    receive_answer(peer);
  });
  EXPECT_EQ(statements(Cause::cache), Texts{ "get ?" });
  EXPECT_EQ(request_.calls, (domain::Calls{ .cache = 1 }));
}

TEST_P(Questions, MarksAPeerThatIsSpokenToOverTls)
{
  observe(delay, [](int peer) {
    const std::string hello =
        std::string("\x16\x03\x01\0\x26\1\0\0\x22\3\3", 11) + std::string(32, 'r');
    send_text(peer, hello);
    receive_answer(peer);
    send_text(peer, std::string("\x17\x03\x03\0\x20", 5) + std::string(32, 'e'));
    receive_answer(peer);
  });
  EXPECT_EQ(statements(Cause::upstream), (Texts{ "TLS handshake", "" }));
  for (const domain::Wait &wait : waits_)
    EXPECT_TRUE(wait.what.ends_with(" (TLS)")) << wait.what;
}

TEST_P(Questions, TellsOneOfManyShortCalls)
{
  // Long enough that the worker blocks, and hardly ever as long as the threshold.
  observe(200us, [](int peer) {
    for (int i = 0; i < 25; ++i) {
      send_text(peer, query("SELECT a FROM b WHERE c = 17"));
      receive_answer(peer);
    }
  });
  EXPECT_EQ(request_.calls.database, 25U);
  std::vector<domain::Wait> repeated;
  for (const domain::Wait &wait : waits_) {
    if (wait.repeated)
      repeated.push_back(wait);
  }
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].statement, "SELECT a FROM b WHERE c = ?");
}

/// A resolver that answers one query, to whoever asked it.
class Resolver {
public:
  Resolver() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
  {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(fd_, reinterpret_cast<sockaddr *>(&address_), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr *>(&address_), &size);
  }
  ~Resolver() { ::close(fd_); }
  Resolver(const Resolver &) = delete;
  Resolver &operator=(const Resolver &) = delete;

  void answer() const
  {
    std::array<char, 512> buffer;
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const ssize_t bytes = ::recvfrom(fd_, buffer.data(), buffer.size(), 0,
                                     reinterpret_cast<sockaddr *>(&client), &size);
    std::this_thread::sleep_for(delay);
    if (bytes > 0)
      ::sendto(fd_, buffer.data(), static_cast<std::size_t>(bytes), 0,
               reinterpret_cast<const sockaddr *>(&client), size);
  }
  [[nodiscard]] const sockaddr *address() const
  {
    return reinterpret_cast<const sockaddr *>(&address_);
  }
  [[nodiscard]] std::string name() const
  {
    return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
  }

private:
  int fd_;
  sockaddr_in address_{};
};

TEST_P(Questions, KnowsAResolverByItsBytesWhetherConnectedOrNot)
{
  const std::string asked("\x12\x34\1\0\0\1\0\0\0\0\0\0\4shop\7example\0\0\1\0\1", 30);
  for (const bool connected : { true, false }) {
    waits_.clear();
    const Resolver resolver;
    const WorkerProcess answering([&] { resolver.answer(); });
    observe(0ms, [&](int) {
      const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (connected) {
        EXPECT_EQ(::connect(fd, resolver.address(), sizeof(sockaddr_in)), 0);
      }
      ::sendto(fd, asked.data(), asked.size(), 0, connected ? nullptr : resolver.address(),
               connected ? 0 : sizeof(sockaddr_in));
      receive_answer(fd);
      ::close(fd);
    });
    EXPECT_EQ(statements(Cause::dns), Texts{ "A shop.example" });
    EXPECT_EQ(request_.calls.dns, 1U);
    for (const domain::Wait &wait : waits_) {
      if (wait.cause == Cause::dns) {
        EXPECT_EQ(wait.what, resolver.name());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OnSockets, Questions, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, Questions, testing::Values(true));

} // namespace
} // namespace linger
