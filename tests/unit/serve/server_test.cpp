#include "serve/server.h"

#include "base/socket.h"
#include "base/unique_fd.h"
#include "serve/unix_socket.h"
#include "unit/serve/served_test.h"

#include <google/protobuf/util/time_util.h>
#include <sys/stat.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

class ServerTest : public ServedTest {
protected:
  [[nodiscard]] static unsigned mode_of(const std::string &path)
  {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }

  [[nodiscard]] Error failure_of(const std::vector<std::string> &addresses)
  {
    const auto server = Server::start(addresses, agent_);
    EXPECT_FALSE(server);
    return server ? Error{ Error::Kind::internal, "started" } : server.error();
  }

  /// A socket that nobody listens on any more.
  static void leave_stale_socket(const std::string &path)
  {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
  }
};

TEST_F(ServerTest, MakesItsSocketForTheOwnerAndTheGroupWhateverTheUmask)
{
  for (const mode_t mask : { mode_t{ 0 }, mode_t{ 022 }, mode_t{ 077 } }) {
    server_.reset();
    const mode_t before = ::umask(mask);
    start({});
    const mode_t during = ::umask(before);
    EXPECT_EQ(mode_of(path()), 0660U) << mask;
    EXPECT_EQ(during, mask) << "the umask was not put back";
  }
}

TEST_F(ServerTest, CreatesTheDirectoryThatIsMissing)
{
  const std::string inside = in_temp("run/linger.sock");
  const auto server = Server::start({ "unix://" + inside }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_EQ(mode_of(in_temp("run")), 0755U);
  EXPECT_TRUE(agent_answers("unix://" + inside));
}

TEST_F(ServerTest, RemovesItsSocketWhenItStops)
{
  EXPECT_TRUE(agent_answers(address()));
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_FALSE(agent_answers(address()));
  server_->stop();
}

TEST_F(ServerTest, LeavesAnothersSocketAlone)
{
  std::filesystem::remove(path());
  leave_stale_socket(path());
  server_->stop();
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(ServerTest, ReplacesASocketThatNobodyAnswersOn)
{
  const std::string stale = in_temp("stale.sock");
  leave_stale_socket(stale);
  const auto server = Server::start({ "unix://" + stale }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_TRUE(agent_answers("unix://" + stale));
}

TEST_F(ServerTest, RefusesToReplaceALiveAgent)
{
  const Error error = failure_of({ address() });
  EXPECT_EQ(error.kind, Error::Kind::exhausted);
  EXPECT_NE(error.what.find("another agent answers on " + path()), std::string::npos);
  EXPECT_TRUE(agent_answers(address())) << "the first one must not be harmed";
}

TEST_F(ServerTest, RefusesToReplaceAFileOrADirectory)
{
  write_file(in_temp("notes.txt"), "mine");
  EXPECT_EQ(failure_of({ "unix://" + in_temp("notes.txt") }).kind, Error::Kind::usage);
  EXPECT_EQ(content_of(in_temp("notes.txt")), "mine");
  std::filesystem::create_directory(in_temp("dir"));
  EXPECT_EQ(failure_of({ "unix://" + in_temp("dir") }).kind, Error::Kind::usage);
}

TEST_F(ServerTest, LeavesNothingBehindWhenOneOfItsAddressesFails)
{
  const std::string other = in_temp("other.sock");
  EXPECT_EQ(failure_of({ "unix://" + other, "0.0.0.0:0" }).kind, Error::Kind::usage);
  EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(ServerTest, RefusesADirectoryThatCannotBeMade)
{
  EXPECT_EQ(failure_of({ "unix://" + in_temp("a/b/c.sock") }).kind, Error::Kind::not_found);
}

TEST_F(ServerTest, ServesOnLoopbackToo)
{
  auto server = Server::start({ "127.0.0.1:0", "unix://" + in_temp("second.sock") }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  ASSERT_EQ(server->addresses().size(), 2U);
  for (const std::string &at : server->addresses()) {
    auto client = Client::connect(at, 20s);
    ASSERT_TRUE(client) << at << client.error().what;
    EXPECT_TRUE(client->list_servers({}));
    if (!at.starts_with("unix")) {
      EXPECT_NE(failure_of({ at }).what.find("Address already in use"), std::string::npos);
    }
  }
}

TEST_F(ServerTest, LooksCloserForTheOwnerOfTheSocketAndForNobodyOnAPort)
{
  const auto server = Server::start({ "127.0.0.1:0" }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  auto stranger = Client::connect(server->addresses().front(), 20s);
  ASSERT_TRUE(stranger) << stranger.error().what;

  const auto refused = stranger->take_census({ .worker = 4712 });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::not_permitted);
  EXPECT_NE(refused.error().what.find("a census to operators only"), std::string::npos);
  const auto traced =
      stranger->get_profile({ .kind = domain::ProfileKind::retained, .window = 10ms }, {});
  ASSERT_FALSE(traced);
  EXPECT_EQ(traced.error().kind, Error::Kind::not_permitted);
  EXPECT_TRUE(stranger->list_servers({}));

  const auto owner = connected().take_census({ .worker = 4712 });
  EXPECT_TRUE(owner || owner.error().kind != Error::Kind::not_permitted) << owner.error().what;
}

TEST_F(ServerTest, TakesNoTlsThatIsIncompleteOrForAPath)
{
  write_file(in_temp("a.pem"), "-----BEGIN CERTIFICATE-----\n");
  const auto server =
      Server::start({ "127.0.0.1:0" }, agent_, { .tls = { .certificate = in_temp("a.pem") } });
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, Error::Kind::usage);
  EXPECT_NE(server.error().what.find("--tls-key is missing"), std::string::npos);

  const auto client = Client::connect(address(), 20s, { .certificate = in_temp("a.pem") });
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, Error::Kind::usage);
}

TEST_F(ServerTest, ServesOnAPathThatAnUriWouldHaveToQuote)
{
  const std::string odd = "unix://" + in_temp("a b%41?#.sock");
  const auto server = Server::start({ odd }, agent_);
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_TRUE(agent_answers(odd));
}

TEST_F(ServerTest, ShutsDownWithStreamsOpen)
{
  Client client = connected();
  std::vector<Error::Kind> ends(4, Error::Kind::usage);
  std::vector<std::jthread> watchers;
  const auto on = [](const auto &) { return true; };
  watchers.emplace_back([&] { ends[0] = client.watch_workers({}, on).error().kind; });
  watchers.emplace_back([&] { ends[1] = client.watch_requests({}, on).error().kind; });
  watchers.emplace_back([&] { ends[2] = client.watch_findings({}, on).error().kind; });
  watchers.emplace_back([&] { ends[3] = client.get_report({ 1h, {} }).error().kind; });
  ASSERT_TRUE(eventually([&] { return agent_.subscribers() == 1 && agent_.observing() == 1; }));

  server_->stop(); // the test hangs if streams are waited for
  watchers.clear();
  for (const Error::Kind end : ends)
    EXPECT_EQ(end, Error::Kind::internal);
  EXPECT_EQ(agent_.subscribers(), 0U);
}

TEST_F(ServerTest, ShutsDownWithAClientThatDoesNotRead)
{
  Client client = connected();
  std::atomic<bool> read_on = false;
  std::jthread watcher([&] {
    (void)client.watch_requests({}, [&](const auto &) {
      while (!read_on)
        std::this_thread::sleep_for(5ms);
      return true;
    });
  });
  ASSERT_TRUE(eventually([&] { return agent_.subscribers() == 1; }));
  SeenRequest large = request_numbered(1);
  large.route = std::string(16'384, 'x');
  for (int i = 0; i < 4000; ++i) // more than all buffers on the way hold
    agent_.emit(large);
  std::this_thread::sleep_for(300ms); // long enough for its thread to stand in a write

  server_->stop();
  EXPECT_EQ(agent_.subscribers(), 0U);
  read_on = true;
}

TEST_F(ServerTest, SurvivesAPeerThatTalksNonsense)
{
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path().copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
  const std::string nonsense = "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(1000, '\xff');
  EXPECT_GT(::send(fd.get(), nonsense.data(), nonsense.size(), MSG_NOSIGNAL), 0);
  EXPECT_TRUE(connected().list_servers({}));
}

} // namespace
} // namespace linger::serve
