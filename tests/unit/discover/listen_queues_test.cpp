#include "discover/listen_queues.h"

#include "base/socket.h"
#include "base/unique_fd.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linger::discover {
namespace {

struct Listening {
  UniqueFd socket;
  std::string address;
};

/// On a free port of the loopback, which need not be up.
Listening listen_somewhere(int backlog)
{
  Listening listening{ UniqueFd{ ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) }, "" };
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto *const any = reinterpret_cast<sockaddr *>(&address);
  if (::bind(listening.socket.get(), any, size) == 0 &&
      ::listen(listening.socket.get(), backlog) == 0 &&
      ::getsockname(listening.socket.get(), any, &size) == 0)
    listening.address = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  return listening;
}

TEST(ReadListenQueues, CountsConnectionsThatNobodyAccepts)
{
  const Listening listening = listen_somewhere(7);
  const Listening other = listen_somewhere(9);
  ASSERT_FALSE(listening.address.empty());
  std::array<UniqueFd, 3> clients;
  for (UniqueFd &client : clients) {
    client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto *const any = reinterpret_cast<sockaddr *>(&address);
    ASSERT_EQ(::getsockname(listening.socket.get(), any, &size), 0);
    ASSERT_EQ(::connect(client.get(), any, size), 0);
  }

  const auto queues =
      read_listen_queues("/proc", static_cast<std::uint32_t>(::getpid()), { listening.address });
  ASSERT_TRUE(queues) << queues.error().what;
  ASSERT_EQ(queues->size(), 1U) << "the other one was not asked for";
  EXPECT_EQ(queues->at(0),
            (domain::ListenQueue{ .address = listening.address, .length = 3, .limit = 7 }));
}

TEST(ReadListenQueues, AsksNobodyForNoAddress)
{
  const auto queues = read_listen_queues("/proc", static_cast<std::uint32_t>(::getpid()), {});
  ASSERT_TRUE(queues);
  EXPECT_TRUE(queues->empty());
}

TEST(ReadListenQueues, DoesNotFindThoseOfTheDead)
{
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const auto queues =
      read_listen_queues("/proc", static_cast<std::uint32_t>(child), { "127.0.0.1:1" });
  ASSERT_FALSE(queues);
  EXPECT_EQ(queues.error().kind, Error::Kind::not_found);
}

TEST(ReadListenQueues, LooksIntoTheNamespaceOfAContainer)
{
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe(told.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Listening listening;
    if (::unshare(CLONE_NEWNET) == 0)
      listening = listen_somewhere(5);
    const std::string address = listening.address.empty() ? "-" : listening.address;
    (void)::write(told[1], address.data(), address.size());
    ::pause();
    ::_exit(0);
  }
  std::array<char, 64> text{};
  const ssize_t size = ::read(told[0], text.data(), text.size());
  const std::string address(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const auto queues = read_listen_queues("/proc", static_cast<std::uint32_t>(child), { address });
  const auto own = read_listen_queues("/proc", static_cast<std::uint32_t>(::getpid()), { address });
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(told[0]);
  ::close(told[1]);
  if (address == "-")
    GTEST_SKIP() << "needs CAP_SYS_ADMIN, for a network namespace";

  ASSERT_TRUE(queues) << queues.error().what;
  ASSERT_EQ(queues->size(), 1U);
  EXPECT_EQ(queues->at(0).limit, 5U);
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->empty()) << "the caller stays where it was";
}

/// Where this may leave its network namespace, but has no right to enter it again.
int ask_as_root_of_a_user_namespace_alone()
{
  if (::unshare(CLONE_NEWUSER) != 0)
    return 2;
  std::array<int, 2> told{};
  if (::pipe(told.data()) != 0)
    return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    const char left = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    (void)::write(told[1], &left, 1);
    ::pause();
    ::_exit(0);
  }
  char left = 'n';
  (void)::read(told[0], &left, 1);
  const auto queues =
      read_listen_queues("/proc", static_cast<std::uint32_t>(child), { "127.0.0.1:1" });
  const auto own = read_listen_queues("/proc", static_cast<std::uint32_t>(::getpid()), {});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  if (left != 'y')
    return 2;
  return !queues && queues.error().kind == Error::Kind::not_permitted && own ? 0 : 1;
}

TEST(ReadListenQueues, StaysWhereItCouldNotComeBackTo)
{
  const pid_t asking = ::fork();
  if (asking == 0)
    ::_exit(ask_as_root_of_a_user_namespace_alone());
  int status = 0;
  ::waitpid(asking, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "it ended by signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == 2)
    GTEST_SKIP() << "needs user namespaces";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace linger::discover
