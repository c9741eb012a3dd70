#include "serve/client.h"

#include "base/socket.h"
#include "base/unique_fd.h"
#include "unit/serve/served_test.h"

#include <unistd.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

class ClientTest : public ServedTest {
protected:
  static Error failure_of(const std::string &address)
  {
    const auto client = Client::connect(address, 300ms);
    EXPECT_FALSE(client) << address;
    return client ? Error{ Error::Kind::internal, "" } : client.error();
  }
};

TEST_F(ClientTest, SaysThatNoAgentRuns)
{
  const Error error = failure_of("unix://" + in_temp("none.sock"));
  EXPECT_EQ(error.kind, Error::Kind::not_found);
  EXPECT_NE(error.what.find("is lingerd running"), std::string::npos) << error.what;
}

TEST_F(ClientTest, SaysThatAnAgentLeftItsSocketBehind)
{
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string stale = in_temp("stale.sock");
  stale.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
  const Error error = failure_of("unix://" + stale);
  EXPECT_EQ(error.kind, Error::Kind::not_found);
  EXPECT_NE(error.what.find("start lingerd again"), std::string::npos) << error.what;
  EXPECT_FALSE(agent_answers("unix://" + stale));
}

TEST_F(ClientTest, SaysThatTheSocketIsNotForThisUser)
{
  if (::geteuid() == 0) {
    // Root may connect to anything: ask as nobody, in a child, since threads cannot go back.
    std::filesystem::permissions(std::filesystem::path(path()).parent_path(),
                                 std::filesystem::perms(0755));
    EXPECT_EXIT(
        {
          const bool dropped = ::setgid(65534) == 0 && ::setuid(65534) == 0;
          const Error error = failure_of(address());
          ::_exit(dropped && error.kind == Error::Kind::not_permitted ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
  } else {
    std::filesystem::permissions(path(), std::filesystem::perms::none);
    EXPECT_EQ(failure_of(address()).kind, Error::Kind::not_permitted);
  }
}

TEST_F(ClientTest, GivesUpOnAServerThatIsNoAgent)
{
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr *>(&name), size), 0);
  ASSERT_EQ(::listen(fd.get(), 8), 0);
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&name), &size), 0);
  const std::string silent = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  EXPECT_EQ(failure_of(silent).kind, Error::Kind::not_found);
  EXPECT_FALSE(agent_answers(silent));
}

TEST_F(ClientTest, RefusesAnAddressThatIsNone)
{
  EXPECT_EQ(failure_of("nonsense").kind, Error::Kind::usage);
  EXPECT_FALSE(agent_answers("nonsense"));
}

TEST_F(ClientTest, SaysThatTheAgentWentAway)
{
  Client client = connected();
  server_.reset();
  const auto servers = client.list_servers({});
  ASSERT_FALSE(servers);
  EXPECT_NE(servers.error().what.find("went away"), std::string::npos) << servers.error().what;
}

TEST_F(ClientTest, IgnoresTheUsersWebProxy)
{
  ASSERT_EQ(::setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const auto server = Server::start({ "127.0.0.1:0" }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_TRUE(Client::connect(server->addresses().front(), 20s));
  ::unsetenv("http_proxy");
}

} // namespace
} // namespace linger::serve
