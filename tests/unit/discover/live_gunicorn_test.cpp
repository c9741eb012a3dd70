// The finder on a real Gunicorn and the real /proc.

#include "base/socket.h"
#include "base/unique_fd.h"
#include "discover/server_finder.h"

#include "unit/discover/fake_proc.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <sys/wait.h>
#include <thread>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char *gunicorn = "/usr/bin/gunicorn";

/// A port of the loopback interface that was free a moment ago.
std::uint16_t free_port()
{
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
  socklen_t length = sizeof address;
  auto *const generic = reinterpret_cast<sockaddr *>(&address);
  if (::bind(socket.get(), generic, length) != 0 ||
      ::getsockname(socket.get(), generic, &length) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// A process group of ours that ends with this object.
class Child {
public:
  Child(const std::vector<std::string> &argv, const std::filesystem::path &cwd)
  {
    std::vector<char *> words;
    for (const std::string &word : argv)
      words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    tgid_ = ::fork();
    if (tgid_ != 0)
      return;
    const int log = ::open((cwd / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::unsetenv("GUNICORN_CMD_ARGS");
    ::unsetenv("WEB_CONCURRENCY");
    ::setenv("GUNICORN_CMD_ARGS", "--timeout 77", 1);
    if (::chdir(cwd.c_str()) == 0)
      ::execv(words[0], words.data());
    ::_exit(127);
  }
  ~Child()
  {
    ::kill(tgid_, SIGTERM);
    ::waitpid(tgid_, nullptr, 0);
  }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  [[nodiscard]] std::uint32_t tgid() const { return static_cast<std::uint32_t>(tgid_); }

private:
  pid_t tgid_ = -1;
};

class LiveGunicorn : public testing::Test {
protected:
  void SetUp() override
  {
    if (::access(gunicorn, X_OK) != 0)
      GTEST_SKIP() << gunicorn << " is missing: install the Debian package gunicorn";
    write_file(directory_.path() / "shop.py", "def app(environ, start_response):\n"
                                              "    start_response('200 OK', [])\n"
                                              "    return [b'']\n");
    write_file(directory_.path() / "gunicorn.conf.py", "workers = 2\ntimeout = 5\n");
  }

  /// The server once it has all its workers; it gets half a minute.
  std::optional<domain::Server> wait_for_workers(const Child &child, std::size_t workers)
  {
    for (int i = 0; i < 600; ++i) {
      auto server = finder_.find(child.tgid());
      if (server && server->workers.size() == workers)
        return *server;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return std::nullopt;
  }

  TemporaryDirectory directory_;
  ServerFinder finder_;
};

TEST_F(LiveGunicorn, IsFoundWithSyncWorkers)
{
  const std::string address = fmt::format("127.0.0.1:{}", free_port());
  const Child child({ gunicorn, "-b", address, "shop:app" }, directory_.path());

  const auto server = wait_for_workers(child, 2);

  ASSERT_TRUE(server);
  EXPECT_EQ(server->master_tgid, child.tgid());
  EXPECT_EQ(server->app, "shop:app");
  EXPECT_EQ(server->worker_class, "sync");
  EXPECT_EQ(server->workers_configured, 2);
  EXPECT_EQ(server->threads_per_worker, 1);
  EXPECT_EQ(server->timeout_seconds, 77);
  EXPECT_EQ(server->max_requests, 0);
  EXPECT_FALSE(server->preload);
  EXPECT_THAT(server->listen, ElementsAre(address));
  EXPECT_TRUE(server->python_version.starts_with("3.")) << server->python_version;
  EXPECT_THAT(server->gaps, IsEmpty());
  for (const domain::WorkerProcess &worker : server->workers) {
    EXPECT_GT(worker.start_ticks, 0);
    EXPECT_EQ(worker.threads, 1);
    EXPECT_EQ(finder_.find(worker.tgid)->master_tgid, child.tgid());
  }
}

TEST_F(LiveGunicorn, IsFoundWithThreadedWorkersOnAUnixSocket)
{
  const std::string path = (directory_.path() / "shop.sock").string();
  const Child child({ "/usr/bin/python3", "-m", "gunicorn", "-w1", "--threads=3", "--preload",
                      "--max-requests", "50", "--bind", "unix:" + path, "shop:app" },
                    directory_.path());

  const auto server = wait_for_workers(child, 1);

  ASSERT_TRUE(server);
  EXPECT_EQ(server->worker_class, "gthread");
  EXPECT_EQ(server->workers_configured, 1);
  EXPECT_EQ(server->threads_per_worker, 3);
  EXPECT_TRUE(server->preload);
  EXPECT_EQ(server->max_requests, 50);
  EXPECT_THAT(server->listen, ElementsAre("unix:" + path));
  EXPECT_THAT(server->gaps, IsEmpty());
}

TEST_F(LiveGunicorn, IsNotThisProcess)
{
  const auto server = finder_.find(static_cast<std::uint32_t>(::getpid()));

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::discover
