// What a worker holds open to its peers, seen by the real probes: opened, in use, in a transaction,
// closed.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>
#include <vector>

namespace linger {
namespace {

/// How a client asks for a transaction's begin and end, and how its database tells.
struct Dialect {
  std::string protocol;
  std::string begin;
  std::string end;
  std::string begun;
  std::string ended;
};

std::vector<Dialect> dialects()
{
  const std::string commit("Q\0\0\0\013COMMIT", 12);
  const std::string mysql_begin("\6\0\0\0\3BEGIN", 10);
  const std::string mysql_commit("\7\0\0\0\3COMMIT", 11);
  return {
    { "postgresql", { "Q\0\0\0\012BEGIN", 11 }, commit, { "Z\0\0\0\5T", 6 }, { "Z\0\0\0\5I", 6 } },
    { "postgresql",
      { "Q\0\0\0\012BEGIN", 11 },
      commit,
      { "C\0\0\0\013SELECT\0Z\0\0\0\5E", 18 },
      { "C\0\0\0\013COMMIT\0Z\0\0\0\5I", 18 } },
    // An OK; what ends rows, older and newer.
    { "mysql",
      mysql_begin,
      mysql_commit,
      { "\7\0\0\1\0\0\0\3\0\0\0", 11 },
      { "\7\0\0\1\0\1\0\2\0\0\0", 11 } },
    { "mysql",
      mysql_begin,
      mysql_commit,
      { "\2\0\0\4\0011\5\0\0\5\xfe\0\0\3\0", 15 },
      { "\2\0\0\4\0011\5\0\0\5\xfe\0\0\2\0", 15 } },
    { "mysql",
      mysql_begin,
      mysql_commit,
      { "\2\0\0\4\0011\7\0\0\5\xfe\0\0\3\0\0\0", 17 },
      { "\2\0\0\4\0011\7\0\0\5\xfe\0\0\2\0\0\0", 17 } },
  };
}

/// Answers as a database does, each connection in turn, and "go" only once the pipe says so.
void answer_each(const Listener &peer, int release, const Dialect &dialect)
{
  for (;;) {
    const int fd = ::accept4(peer.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
      char byte = 0;
      if (buffer.front() == 'g' && ::read(release, &byte, 1) != 1)
        return;
      const std::string asked(buffer.data(), static_cast<std::size_t>(size));
      send_text(fd, asked == dialect.begin ? dialect.begun : dialect.ended);
    }
    ::close(fd);
  }
}

void ask_peer(int fd, const std::string &text)
{
  send_text(fd, text);
  std::array<char, 64> answer;
  EXPECT_GT(::recv(fd, answer.data(), answer.size(), 0), 0);
}

class Outgoing : public EitherWay {
protected:
  Outgoing() { EXPECT_EQ(::pipe2(pipe_.data(), O_CLOEXEC), 0); }
  ~Outgoing() override
  {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  void release() const { EXPECT_EQ(::write(pipe_[1], "x", 1), 1); }

  /// What the worker has to its only peer now.
  static domain::PeerConnections look(Observed &observed, pid_t worker)
  {
    EXPECT_TRUE(observed.collector->poll({})); // that the worker was started
    observed.all.clear();
    EXPECT_TRUE(observed.collector->sample_threads());
    EXPECT_TRUE(observed.collector->sample_outgoing());
    for (const auto &sample : observed.all_of<domain::OutgoingSample>()) {
      if (sample.tgid == static_cast<std::uint32_t>(worker) && !sample.peers.empty())
        return sample.peers.front();
    }
    return {};
  }

  std::array<int, 2> pipe_{};
};

TEST_P(Outgoing, CountsEachConnectionOnceByWhatIsFirstSent)
{
  const Listener listener;
  const Listener tcp;
  const Listener path("/tmp/linger-outgoing-" + std::to_string(::getpid()));
  const WorkerProcess answering([&] { answer_each(tcp, pipe_[0], dialects().front()); });
  const WorkerProcess answering_too([&] { answer_each(path, pipe_[0], dialects().front()); });
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  for (const Listener *peer : { &tcp, &path }) {
    SCOPED_TRACE(peer->address());
    const WorkerProcess worker([&] {
      serve_one_at_a_time(listener, [&](int fd, const std::string &) {
        for (int i = 0; i < 3; ++i) {
          const int to_peer = peer->connect();
          for (int sends = 0; sends < 3; ++sends)
            ask_peer(to_peer, "hello");
          ::close(to_peer);
        }
        ask_peer(peer->connect(), "hello"); // and stays open
        send_text(fd, response);
      });
    });
    ASSERT_TRUE(ask(listener, "GET / HTTP/1.1\r\n\r\n").ends_with("ok"));
    const auto seen = look(*observed, worker.tgid());
    EXPECT_EQ(seen.opened, 4U);
    EXPECT_EQ(seen.closed, 3U);
    EXPECT_EQ(seen.open, 1U);
    EXPECT_EQ(seen.in_use, 0U);
  }
}

TEST_P(Outgoing, IsInUseUntilTheRequestHasItsResponse)
{
  const Listener listener;
  const Listener peer;
  const WorkerProcess answering([&] { answer_each(peer, pipe_[0], dialects().front()); });
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    int to_peer = -1;
    serve_one_at_a_time(listener, [&](int fd, const std::string &) {
      if (to_peer < 0)
        to_peer = peer.connect();
      ask_peer(to_peer, "go");
      send_text(fd, response);
    });
  });
  const int client = listener.connect();
  send_text(client, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(observed->wait_until([&] { return look(*observed, worker.tgid()).in_use == 1; }));
  release();
  receive_response(client);
  ::close(client);
  EXPECT_TRUE(observed->wait_until([&] { return look(*observed, worker.tgid()).in_use == 0; }));
  EXPECT_EQ(look(*observed, worker.tgid()).open, 1U);
}

TEST_P(Outgoing, IsIdleInATransactionUntilTheDatabaseSaysItEnded)
{
  const std::vector<Dialect> all = dialects();
  const Listener listener;
  const std::vector<Listener> peers(all.size());
  std::vector<std::unique_ptr<WorkerProcess>> answering;
  for (std::size_t i = 0; i < all.size(); ++i)
    answering.push_back(
        std::make_unique<WorkerProcess>([&] { answer_each(peers[i], pipe_[0], all[i]); }));
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Dialect &dialect = all[i];
    SCOPED_TRACE(testing::PrintToString(dialect.begun));
    const WorkerProcess worker([&] {
      int to_peer = -1;
      serve_one_at_a_time(listener, [&](int fd, const std::string &request) {
        if (to_peer < 0)
          to_peer = peers[i].connect();
        ask_peer(to_peer, request.starts_with("GET /begin") ? dialect.begin : dialect.end);
        send_text(fd, response);
      });
    });
    ASSERT_TRUE(ask(listener, "GET /begin HTTP/1.1\r\n\r\n").ends_with("ok"));
    auto seen = look(*observed, worker.tgid());
    EXPECT_EQ(seen.idle_in_transaction, 1U);
    EXPECT_EQ(seen.peer.protocol, dialect.protocol);
    EXPECT_TRUE(seen.transaction_since);

    ASSERT_TRUE(ask(listener, "GET /end HTTP/1.1\r\n\r\n").ends_with("ok"));
    seen = look(*observed, worker.tgid());
    EXPECT_EQ(seen.idle_in_transaction, 0U);
    EXPECT_FALSE(seen.transaction_since);
  }
}

TEST_P(Outgoing, AWorkersEndSaysWhatItHadOpened)
{
  const Listener listener;
  const Listener peer;
  const WorkerProcess answering([&] { answer_each(peer, pipe_[0], dialects().front()); });
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  WorkerProcess worker([&] { ask_peer(peer.connect(), "hello"); });
  const auto tgid = static_cast<std::uint32_t>(worker.tgid());
  worker.join();
  std::optional<domain::OutgoingSample> last;
  EXPECT_TRUE(observed->wait_until([&] {
    for (const auto &sample : observed->all_of<domain::OutgoingSample>()) {
      if (sample.tgid == tgid)
        last = sample;
    }
    return last.has_value();
  }));
  ASSERT_TRUE(last && last->peers.size() == 1);
  EXPECT_EQ(last->peers.front().opened, 1U);
  EXPECT_EQ(last->peers.front().closed, 1U);
  EXPECT_EQ(last->peers.front().open, 0U);
}

INSTANTIATE_TEST_SUITE_P(OnSockets, Outgoing, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, Outgoing, testing::Values(true));

} // namespace
} // namespace linger
