#include "discover/server_finder.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> argv{ "/usr/bin/python3", "/usr/bin/gunicorn", "-w2", "-b",
                                     "127.0.0.1:8000",   "shop:app" };

class FindServers : public testing::Test {
protected:
  FindServers()
  {
    proc_.listen_tcp("0100007F:1F40", 77);
    proc_.add({ .tgid = 1, .parent_tgid = 0, .comm = "init", .argv = { "/sbin/init" } });
    proc_.add({ .tgid = 2, .comm = "kthreadd" });
  }

  void add_server(std::uint32_t master_tgid, const std::vector<std::string> &master_argv,
                  std::uint32_t workers)
  {
    proc_.add({ .tgid = master_tgid, .argv = master_argv, .sockets = { 77, 500 } });
    for (std::uint32_t i = 1; i <= workers; ++i)
      proc_.add({ .tgid = master_tgid + i,
                  .parent_tgid = master_tgid,
                  .argv = master_argv,
                  .sockets = { 77 },
                  .threads = i,
                  .start_ticks = 9000 + i });
  }

  FakeProc proc_;
  ServerFinder finder_{ proc_.path() };
};

TEST_F(FindServers, FindsMasterWorkersAndWhatTheyWereTold)
{
  add_server(100, argv, 2);

  domain::Server expected;
  expected.master_tgid = 100;
  expected.app = "shop:app";
  expected.worker_class = "sync";
  expected.workers_configured = 2;
  expected.listen = { "127.0.0.1:8000" };
  expected.python_version = "3.11";
  expected.timeout_seconds = 30;
  expected.workers = { { 101, 9001, 1 }, { 102, 9002, 2 } };
  EXPECT_THAT(finder_.find(), ElementsAre(expected));
}

TEST_F(FindServers, ListensWhereTheKernelSays)
{
  proc_.listen_tcp6("00000000000000000000000000000000:0050", 78);
  proc_.listen_unix("/run/app.sock", 79);
  proc_.listen_unix("/root/.gunicorn/gunicorn.ctl", 80);
  proc_.listen_tcp("0100007F:1F90", 81);
  proc_.connect_tcp("0100007F:1F91", 82);
  proc_.add({ .tgid = 100, .argv = argv, .sockets = { 77, 78, 79, 80, 82 } });
  proc_.add({ .tgid = 101,
              .parent_tgid = 100,
              .argv = argv,
              .sockets = { 77, 78, 79, 80, 81, 82 },
              .net_namespace = "net:[1]" });
  proc_.add({ .tgid = 102, .parent_tgid = 100, .argv = argv, .sockets = { 77, 81 } });
  // A namespace is read once, from the first process in it, so give these one of their own.
  for (const std::uint32_t tgid : { 100U, 102U })
    FakeProc::link("net:[1]", proc_.of(tgid) / "ns" / "net");

  EXPECT_THAT(finder_.find().at(0).listen,
              ElementsAre("127.0.0.1:8000", "[::]:80", "unix:/run/app.sock"));
}

TEST_F(FindServers, ListensAtTheWorkersSocketsWhereEachHasItsOwn)
{
  proc_.listen_tcp("0100007F:1F40", 78);
  proc_.add({ .tgid = 100, .argv = argv, .net_namespace = "net:[1]" });
  proc_.add({ .tgid = 101,
              .parent_tgid = 100,
              .argv = argv,
              .sockets = { 77 },
              .net_namespace = "net:[1]" });
  proc_.add({ .tgid = 102,
              .parent_tgid = 100,
              .argv = argv,
              .sockets = { 78 },
              .net_namespace = "net:[1]" });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].workers.size(), 2);
  EXPECT_THAT(servers[0].listen, ElementsAre("127.0.0.1:8000"));
}

TEST_F(FindServers, LeavesOutAMasterThatDoesNotListenYet)
{
  proc_.add({ .tgid = 100, .argv = argv });

  EXPECT_THAT(finder_.find(), IsEmpty());
}

TEST_F(FindServers, CountsTheLiveWorkersBehindATitle)
{
  add_server(100, { "gunicorn: master [shop:app]", "", "" }, 0);
  for (const std::uint32_t tgid : { 101U, 102U, 103U })
    proc_.add({ .tgid = tgid,
                .parent_tgid = 100,
                .argv = { "gunicorn: worker [shop:app]" },
                .sockets = { 77 } });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].app, "shop:app");
  EXPECT_EQ(servers[0].workers_configured, 3);
  EXPECT_EQ(servers[0].worker_class, "");
  EXPECT_THAT(servers[0].listen, ElementsAre("127.0.0.1:8000"));
  EXPECT_THAT(servers[0].gaps, ElementsAre(HasSubstr("overwritten the command line"),
                                           HasSubstr("overwritten the environment"),
                                           HasSubstr("that of those alive")));
}

TEST_F(FindServers, ReadsTheEnvironmentThatATitleLeft)
{
  proc_.add({ .tgid = 100,
              .argv = { "gunicorn: master [shop:app]" },
              .environment = { "GUNICORN_CMD_ARGS=-k gthread --threads 8" },
              .sockets = { 77 } });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].worker_class, "gthread");
  EXPECT_EQ(servers[0].threads_per_worker, 8);
}

TEST_F(FindServers, RemembersTheCommandLineOfAMasterThatTakesATitle)
{
  add_server(100, argv, 0);
  EXPECT_EQ(finder_.find().at(0).workers_configured, 2);
  proc_.add({ .tgid = 100, .argv = { "gunicorn: master [shop:app]" }, .sockets = { 77 } });

  EXPECT_EQ(finder_.find().at(0).workers_configured, 2);
  EXPECT_THAT(finder_.find().at(0).gaps, IsEmpty());
}

TEST_F(FindServers, DoesNotRememberForAnotherProcessOfTheSameNumber)
{
  add_server(100, argv, 0);
  EXPECT_EQ(finder_.find().size(), 1);
  proc_.add({ .tgid = 100,
              .argv = { "gunicorn: master [other:app]" },
              .sockets = { 77 },
              .start_ticks = 6000 });

  EXPECT_EQ(finder_.find().at(0).app, "other:app");
}

TEST_F(FindServers, TellsAReexecutedMasterFromAWorkerByItsEnvironment)
{
  add_server(100, argv, 1);
  // In a container: its parent, 100 to us, is 7 to it.
  write_file(proc_.of(100) / "status", "Name:\tgunicorn\nNSpid:\t100\t7\n");
  const std::vector<std::string> environment{ "GUNICORN_PID=7", "GUNICORN_FD=5" };
  proc_.add({ .tgid = 200,
              .parent_tgid = 100,
              .argv = argv,
              .environment = environment,
              .sockets = { 77 } });
  proc_.add({ .tgid = 201,
              .parent_tgid = 200,
              .argv = argv,
              .environment = environment,
              .sockets = { 77 } });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 2);
  EXPECT_EQ(servers[0].master_tgid, 100);
  EXPECT_EQ(servers[0].workers.size(), 1);
  EXPECT_EQ(servers[1].master_tgid, 200);
  EXPECT_EQ(servers[1].workers.at(0).tgid, 201);
}

TEST_F(FindServers, ReadsTheConfigurationFileAndTheContainer)
{
  write_file(proc_.root() / "srv/gunicorn.conf.py", "threads = 4\nmax_requests = 100\n");
  proc_.add({ .tgid = 100,
              .argv = { "python3", "-m", "gunicorn", "--preload", "shop:app" },
              .sockets = { 77 },
              .cgroup = "0::/docker/" + std::string(64, 'a') + "\n" });

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].worker_class, "gthread");
  EXPECT_EQ(servers[0].max_requests, 100);
  EXPECT_TRUE(servers[0].preload);
  EXPECT_EQ(servers[0].container.id, "aaaaaaaaaaaa");
}

TEST_F(FindServers, ShowsConfiguredAddressesWhereSocketsMayNotBeSeen)
{
  add_server(100, argv, 1);
  for (const std::uint32_t tgid : { 100U, 101U })
    for (const char *file : { "fd", "environ" })
      std::filesystem::permissions(proc_.of(tgid) / file, std::filesystem::perms::none);
  const Unprivileged nobody;

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  EXPECT_EQ(servers[0].workers.size(), 1);
  EXPECT_THAT(servers[0].listen, ElementsAre("127.0.0.1:8000"));
  EXPECT_THAT(servers[0].gaps, testing::Contains(HasSubstr("the sockets of 100 cannot be seen")));
  EXPECT_THAT(servers[0].gaps, testing::Contains(HasSubstr("Permission denied")));
}

TEST_F(FindServers, LeavesOutProcessesThatVanishAtAnyFile)
{
  add_server(100, argv, 3);
  for (const char *file : { "stat", "cmdline" })
    std::filesystem::remove(proc_.of(101) / file);
  std::filesystem::remove_all(proc_.of(102) / "fd");
  std::filesystem::remove_all(proc_.of(103));
  write_file(proc_.of(104) / "cmdline", std::string("\xff\xfe\0\0\n", 5));
  write_file(proc_.of(105) / "cmdline", joined_with_nul(argv));
  write_file(proc_.of(105) / "stat", "105 (gunicorn");

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 1);
  // 102 may be a worker whose sockets may not be seen.
  EXPECT_THAT(servers[0].workers, ElementsAre(domain::WorkerProcess{ 102, 9002, 2 }));
}

TEST_F(FindServers, FindsFiveHundredWorkers)
{
  add_server(1000, argv, 500);

  EXPECT_EQ(finder_.find().at(0).workers.size(), 500);
}

TEST_F(FindServers, FindsTheServerOfAMasterOrWorker)
{
  add_server(100, argv, 2);
  add_server(200, argv, 1);

  EXPECT_EQ(finder_.find(100)->master_tgid, 100);
  EXPECT_EQ(finder_.find(102)->master_tgid, 100);
  EXPECT_EQ(finder_.find(201)->master_tgid, 200);
}

TEST_F(FindServers, SaysWhyAProcessIsNoServer)
{
  proc_.add({ .tgid = 300, .comm = "bash", .argv = { "bash" } });
  proc_.add({ .tgid = 301, .argv = { "bash" } });
  std::filesystem::permissions(proc_.of(301) / "cmdline", std::filesystem::perms::none);
  const Unprivileged nobody;

  EXPECT_EQ(finder_.find(299).error().kind, Error::Kind::not_found);
  EXPECT_EQ(finder_.find(299).error().what, "there is no process 299");
  EXPECT_EQ(finder_.find(300).error().kind, Error::Kind::not_found);
  EXPECT_THAT(
      finder_.find(300).error().what,
      HasSubstr("300 (bash) is neither a Python web server's master nor one of its workers"));
  EXPECT_EQ(finder_.find(301).error().kind, Error::Kind::not_permitted);
}

TEST_F(FindServers, FindsNothingWhereThereIsNoProc)
{
  EXPECT_THAT(ServerFinder("/nonexistent").find(), IsEmpty());
}

} // namespace
} // namespace linger::discover
