// What HTTP/1 lets a connection do, as the real probes see it.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

class Http : public testing::Test {
protected:
  [[nodiscard]] static collect::CollectorOptions options() { return {}; }
};

/// Where the two ways to see bytes differ in what they see.
class HttpEitherWay : public EitherWay {};

/// Waits as a thread of a pool does that has nothing to do, or as an application for its data.
void wait_for_nothing(std::chrono::milliseconds time)
{
  static std::array<int, 2> ends{ -1, -1 };
  if (ends[0] < 0 && ::pipe2(ends.data(), O_CLOEXEC) != 0)
    return;
  pollfd nothing{ .fd = ends[0], .events = POLLIN, .revents = 0 };
  ::poll(&nothing, 1, static_cast<int>(time.count()));
}

std::string receive_some(int fd)
{
  std::array<char, 8192> buffer;
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
  return { buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0) };
}

/// Accepts one connection after the other; `serve` has each for as long as it lasts.
template <typename Serve>
auto accepting(const Listener &listener, Serve serve)
{
  return [&listener, serve] {
    for (;;) {
      const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      serve(fd);
      ::close(fd);
    }
  };
}

std::string receive_exactly(int fd, std::size_t size)
{
  std::string received(size, '\0');
  const ssize_t count = ::recv(fd, received.data(), size, MSG_WAITALL);
  received.resize(static_cast<std::size_t>(count > 0 ? count : 0));
  return received;
}

TEST_P(HttpEitherWay, RequestsInOneSegmentAreEachSeen)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const std::string found = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  const std::string missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nnot";
  const std::string broken = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nok";
  const WorkerProcess worker(accepting(listener, [&](int fd) {
    while (!receive_some(fd).empty()) {
      send_text(fd, found);
      send_text(fd, "ok");
      std::this_thread::sleep_for(20ms);
      send_text(fd, missing);
      send_text(fd, broken);
    }
  }));

  const int client = listener.connect();
  for (const char *path : { "/first", "/second" }) {
    send_text(client, std::string("POST ") + path +
                          " HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
                          "GET /missing?a=b HTTP/1.1\r\n\r\nGET /broken HTTP/1.1\r\n\r\n");
    receive_exactly(client, found.size() + 2 + missing.size() + broken.size());
  }
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(6));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 6U);
  EXPECT_EQ(requests[0].path, "/first");
  EXPECT_EQ(requests[3].path, "/second");
  for (const std::size_t first : { 0, 3 }) {
    EXPECT_EQ(requests[first].status, 200);
    EXPECT_EQ(requests[first].sent_bytes, found.size() + 2);
    EXPECT_FALSE(requests[first].pipelined);
    EXPECT_EQ(requests[first + 1].path, "/missing");
    EXPECT_EQ(requests[first + 1].status, 404);
    EXPECT_TRUE(requests[first + 1].pipelined);
    EXPECT_GE(requests[first + 1].times[Cause::sleep], 20ms) << "it waited behind the first";
    EXPECT_EQ(requests[first + 1].window.begin, requests[first].window.end);
    EXPECT_EQ(requests[first + 2].path, "/broken");
    EXPECT_EQ(requests[first + 2].status, 500);
    EXPECT_EQ(requests[first + 2].received_bytes, 0U);
  }
}

TEST_F(Http, APipelinedRequestBehindWhatIsKeptIsCountedWithoutAName)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, response);
    send_text(fd, response);
  }));

  ask(listener, "GET /long HTTP/1.1\r\nCookie: " + std::string(300, 'c') +
                    "\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(2));

  EXPECT_EQ(observed->requests()[0].path, "/long");
  EXPECT_EQ(observed->requests()[1].method, "-");
  EXPECT_TRUE(observed->requests()[1].pipelined);
}

TEST_F(Http, AChunkedRequestBodyIsOneRequest)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    std::string received;
    while (!received.ends_with("0\r\n\r\n"))
      received += receive_some(fd);
    send_text(fd, response);
    receive_some(fd);
  }));

  const int client = listener.connect();
  std::size_t sent_bytes = 0;
  for (const std::string part :
       { "PUT /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nGET \r\n",
         "11\r\n/not HTTP/1.1\r\n\r\n\r\n", "0\r\n\r\n" }) {
    send_text(client, part);
    sent_bytes += part.size();
    std::this_thread::sleep_for(10ms);
  }
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  ASSERT_EQ(observed->requests().size(), 1U);
  EXPECT_EQ(observed->requests()[0].path, "/chunks");
  EXPECT_EQ(observed->requests()[0].received_bytes, sent_bytes);
}

// A pause says nothing where the response says of itself that it goes on.
TEST_F(Http, AChunkedResponseLastsUntilItsLastChunk)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    send_text(fd, "2\r\nab\r\n");
    wait_for_nothing(1500ms);
    send_text(fd, "2\r\nok\r\n");
    wait_for_nothing(10ms);
    send_text(fd, "0\r\n\r\n");
    wait_for_nothing(30s);
  }));

  const int client = listener.connect();
  send_text(client, "GET /stream HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));
  ::close(client);

  const auto requests = observed->requests();
  EXPECT_EQ(requests[0].sent_bytes, 47U + 7U + 7U + 5U);
  EXPECT_GE(requests[0].window.length(), 1510ms);
  EXPECT_EQ(requests[0].times.wall(), requests[0].window.length());
}

TEST_F(Http, AResponseOfNoStatedLengthLastsUntilItsConnectionIsClosed)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    receive_some(fd);
    send_text(fd, "HTTP/1.0 200 OK\r\n\r\npart, ");
    wait_for_nothing(1300ms);
    send_text(fd, "ok");
    ::close(fd);
    wait_for_nothing(30s);
  });

  EXPECT_TRUE(ask(listener, "GET /old HTTP/1.0\r\n\r\n").ends_with("part, ok"));
  ASSERT_TRUE(observed->wait_for_requests(1));

  ASSERT_EQ(observed->requests().size(), 1U);
  EXPECT_EQ(observed->requests()[0].sent_bytes, 27U);
  EXPECT_GE(observed->requests()[0].window.length(), 1300ms);
}

TEST_F(Http, AHeadRequestHasNoBodyToWaitFor)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
    wait_for_nothing(30s);
  }));

  const int client = listener.connect();
  send_text(client, "HEAD /size HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));
  ::close(client);

  EXPECT_TRUE(observed->all_of<domain::Request>().front().ended) << "no patience was needed";
  EXPECT_EQ(observed->requests()[0].method, "HEAD");
  EXPECT_EQ(observed->requests()[0].sent_bytes, 41U);
}

TEST_P(HttpEitherWay, NothingBehindAnUpgradeIsARequest)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    for (std::string frame = receive_some(fd); !frame.empty(); frame = receive_some(fd)) {
      std::this_thread::sleep_for(10ms);
      send_text(fd, "HTTP/1.1 200 frame");
    }
  }));

  const int client = listener.connect();
  send_text(client, "GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  receive_exactly(client, 56);
  for (int i = 0; i < 5; ++i) {
    send_text(client, i % 2 == 0 ? "GET /frame HTTP/1.1\r\n\r\n" : "\x81\x05hello");
    receive_exactly(client, 18);
  }
  ::close(client);
  const int next = listener.connect();
  send_text(next, "GET /next HTTP/1.1\r\n\r\n");
  receive_exactly(next, 56);
  ::close(next);
  ASSERT_TRUE(observed->wait_for_requests(2));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].path, "/socket");
  EXPECT_EQ(requests[0].status, 101);
  EXPECT_EQ(requests[0].sent_bytes, 56U);
  EXPECT_LT(requests[0].times[Cause::sleep], 10ms);
  EXPECT_EQ(requests[1].path, "/next");
}

TEST_P(HttpEitherWay, AFileThatIsSentIsPartOfTheResponse)
{
  constexpr std::size_t file_bytes = 100'000;
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    std::size_t left = file_bytes;
    while (left > 0) {
      const ssize_t sent = ::sendfile(fd, file, nullptr, left);
      if (sent <= 0)
        break;
      left -= static_cast<std::size_t>(sent);
    }
    ::close(file);
  }));

  EXPECT_EQ(ask(listener, "GET /file HTTP/1.1\r\n\r\n").size(), 43U + file_bytes);
  ASSERT_TRUE(observed->wait_for_requests(1));

  ASSERT_EQ(observed->requests().size(), 1U);
  EXPECT_EQ(observed->requests()[0].sent_bytes, 43U + file_bytes);
  EXPECT_EQ(observed->requests()[0].status, 200);
}

// Each call takes what there is room for.
TEST_P(HttpEitherWay, AVectoredResponseToASlowReaderIsCountedAsItGoesOut)
{
  constexpr std::size_t body_bytes = 1'000'000;
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    const timeval patience{ .tv_sec = 0, .tv_usec = 5000 };
    const int small = 16'384;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    receive_some(fd);
    std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    std::string body(body_bytes, 'b');
    std::array<iovec, 2> parts{ iovec{ head.data(), head.size() },
                                iovec{ body.data(), body.size() } };
    while (parts[1].iov_len > 0) {
      ssize_t sent = ::writev(fd, parts.data(), parts.size());
      for (iovec &part : parts) {
        const std::size_t taken =
            std::min(part.iov_len, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        part.iov_base = static_cast<char *>(part.iov_base) + taken;
        part.iov_len -= taken;
        sent -= static_cast<ssize_t>(taken);
      }
    }
    wait_for_nothing(30s);
  }));

  const int client = listener.connect();
  send_text(client, "GET /big HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(receive_exactly(client, 44 + body_bytes).size(), 44 + body_bytes);
  ASSERT_TRUE(observed->wait_for_requests(1));
  ::close(client);

  ASSERT_EQ(observed->requests().size(), 1U);
  EXPECT_EQ(observed->requests()[0].status, 200);
  EXPECT_EQ(observed->requests()[0].sent_bytes, 44 + body_bytes);
  EXPECT_GE(observed->requests()[0].times[Cause::client_write], 30ms);
}

TEST_F(Http, AStatusLineMayGoOutInPieces)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    for (const char *piece : { "HT", "TP/1.1 2", "04 No Content\r\n", "X-A: b\r\n", "\r\n" })
      send_text(fd, piece);
    wait_for_nothing(30s);
  }));

  const int client = listener.connect();
  send_text(client, "DELETE /thing HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));
  ::close(client);

  EXPECT_TRUE(observed->all_of<domain::Request>().front().ended) << "no patience was needed";
  EXPECT_EQ(observed->requests()[0].status, 204);
}

TEST_F(Http, APathThatIsTooLongIsToldAsSuch)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker(accepting(listener, [](int fd) {
    receive_some(fd);
    send_text(fd, response);
  }));

  ask(listener, "GET /shop/" + std::string(400, 'a') + " HTTP/1.1\r\n\r\n");
  ask(listener, "GET /shop/cart?" + std::string(400, 'a') + " HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(2));

  EXPECT_TRUE(observed->requests()[0].truncated);
  EXPECT_EQ(observed->requests()[0].path, "/shop/...");
  EXPECT_FALSE(observed->requests()[1].truncated) << "only its query is cut";
  EXPECT_EQ(observed->requests()[1].path, "/shop/cart");
}

INSTANTIATE_TEST_SUITE_P(OnSockets, HttpEitherWay, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, HttpEitherWay, testing::Values(true));

} // namespace
} // namespace linger
