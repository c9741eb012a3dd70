// waitress, uvicorn and mod_wsgi as /proc shows them.

#include "discover/mod_wsgi_survey.h"
#include "discover/server_finder.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FindPythonServers : public testing::Test {
protected:
  FindPythonServers() { proc_.listen_tcp("0100007F:1F40", 77); }

  void add(std::uint32_t tgid, std::uint32_t parent_tgid, const std::vector<std::string> &argv,
           const std::vector<std::uint64_t> &sockets)
  {
    proc_.add({ .tgid = tgid, .parent_tgid = parent_tgid, .argv = argv, .sockets = sockets });
  }

  FakeProc proc_;
  ServerFinder finder_{ proc_.path() };
};

TEST_F(FindPythonServers, WaitressIsItsOwnWorker)
{
  add(100, 1, { "python3", "-m", "waitress", "--threads=6", "--listen=:8000", "shop:app" }, { 77 });
  add(200, 1, { "/usr/bin/python3", "/usr/bin/waitress-serve", "--call", "shop:make" }, { 77 });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 2);
  EXPECT_EQ(servers[0].kind, domain::ServerKind::waitress);
  EXPECT_EQ(servers[0].app, "shop:app");
  EXPECT_EQ(servers[0].worker_class, "threads");
  EXPECT_EQ(servers[0].threads_per_worker, 6);
  EXPECT_EQ(servers[0].workers_configured, 1);
  EXPECT_THAT(servers[0].workers, ElementsAre(domain::WorkerProcess{ 100, 5000, 1 }));
  EXPECT_THAT(servers[0].listen, ElementsAre("127.0.0.1:8000"));
  EXPECT_THAT(servers[0].gaps, IsEmpty());
  EXPECT_EQ(servers[1].app, "shop:make");
  EXPECT_EQ(servers[1].threads_per_worker, 4);
}

TEST_F(FindPythonServers, UvicornHasWorkersOrIsOne)
{
  add(100, 1, { "/usr/bin/python3", "/usr/bin/uvicorn", "--factory", "shop:app" }, { 77 });
  add(200, 1, { "python3", "-m", "uvicorn", "shop:app", "--workers", "2" }, { 77 });
  add(201, 200, { "python3", "-c", "from multiprocessing.resource_tracker import main" }, {});
  add(202, 200, { "python3", "-c", "from multiprocessing.spawn import spawn_main" }, { 77 });
  add(203, 200, { "python3", "-c", "from multiprocessing.spawn import spawn_main" }, { 77 });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 2);
  EXPECT_EQ(servers[0].app, "shop:app");
  EXPECT_EQ(servers[0].workers.at(0).tgid, 100);
  EXPECT_EQ(servers[1].kind, domain::ServerKind::uvicorn);
  EXPECT_EQ(servers[1].worker_class, "asyncio");
  EXPECT_EQ(servers[1].workers_configured, 2);
  ASSERT_EQ(servers[1].workers.size(), 2);
  EXPECT_EQ(servers[1].workers[0].tgid, 202);
  EXPECT_THAT(servers[1].gaps, IsEmpty());
}

TEST_F(FindPythonServers, NothingThatDoesNotListenOrWasForked)
{
  const std::vector<std::string> argv{ "python3", "-m", "waitress", "shop:app" };
  add(100, 1, argv, {});
  add(200, 1, argv, { 77 });
  add(201, 200, argv, { 77 }); // a subprocess that has not executed anything yet
  add(300, 1, { "python3", "-m", "waitress2" }, { 77 });
  add(400, 1, { "vim", "uvicorn" }, { 77 });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].master_tgid, 200);
}

TEST_F(FindPythonServers, SayWhatIsNoNumber)
{
  add(100, 1, { "python3", "-m", "waitress", "--threads=many", "shop:app" }, { 77 });

  EXPECT_EQ(finder_.find().at(0).threads_per_worker, 4);
  EXPECT_THAT(finder_.find().at(0).gaps, Contains(HasSubstr("threads is \"many\"")));
}

TEST_F(FindPythonServers, ApachesDaemonProcessesGoByTheirName)
{
  proc_.listen_unix("/run/wsgi.100.0.1.sock", 78);
  add(100, 1, { "/usr/sbin/apache2", "-k", "start" }, { 77, 78 });
  add(101, 100, { "/usr/sbin/apache2", "-k", "start" }, { 77 });
  add(102, 100, { "(wsgi:shop)      -k", "start" }, { 77 });
  add(103, 100, { "(wsgi:admin)" }, { 77 });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].kind, domain::ServerKind::mod_wsgi);
  EXPECT_EQ(servers[0].master_tgid, 100);
  EXPECT_EQ(servers[0].app, "admin, shop");
  EXPECT_EQ(servers[0].workers_configured, 2);
  EXPECT_THAT(servers[0].listen, ElementsAre("127.0.0.1:8000"));
  EXPECT_THAT(servers[0].gaps, Contains(HasSubstr("threads is not known")));
}

TEST(ModWsgiGroup, StandsInTheFirstWord)
{
  EXPECT_EQ(mod_wsgi_group({ "(wsgi:shop)" }), "shop");
  EXPECT_EQ(mod_wsgi_group({ "(wsgi:cut off" }), "cut off");
  EXPECT_EQ(mod_wsgi_group({ "(wsgi:" }), "");
  EXPECT_EQ(mod_wsgi_group({ "apache2", "(wsgi:shop)" }), "");
  EXPECT_EQ(mod_wsgi_group({}), "");
}

} // namespace
} // namespace linger::discover
