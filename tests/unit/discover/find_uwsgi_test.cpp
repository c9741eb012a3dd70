// uWSGI instances as /proc shows them.

#include "discover/server_finder.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FindUwsgi : public testing::Test {
protected:
  FindUwsgi()
  {
    proc_.listen_tcp("0100007F:23E7", 77); // 9191
    proc_.listen_tcp("0100007F:818D", 78); // 33165
    proc_.listen_tcp("0100007F:23E8", 79); // 9192
    proc_.listen_unix("/run/app.sock", 80);
  }

  void add(std::uint32_t tgid, std::uint32_t parent_tgid, const std::vector<std::string> &argv,
           const std::vector<std::uint64_t> &sockets)
  {
    proc_.add({ .tgid = tgid,
                .parent_tgid = parent_tgid,
                .comm = "uwsgi",
                .argv = argv,
                .sockets = sockets,
                .executable = "/usr/bin/uwsgi-core" });
    // As the dynamic linker maps it.
    write_file(proc_.of(tgid) / "maps", "7f00 r-xp 0 0 /usr/lib/libpython3.11.so.1.0\n");
  }

  [[nodiscard]] std::vector<std::uint32_t> workers()
  {
    std::vector<std::uint32_t> tgids;
    for (const domain::Server &server : finder_.find())
      for (const domain::WorkerProcess &worker : server.workers)
        tgids.push_back(worker.tgid);
    return tgids;
  }

  FakeProc proc_;
  ServerFinder finder_{ proc_.path() };
};

TEST_F(FindUwsgi, MasterWorkersAndWhatTheyWereTold)
{
  const std::vector<std::string> argv{ "uwsgi",
                                       "--plugin",
                                       "python3",
                                       "--master",
                                       "-p2",
                                       "--http-socket",
                                       ":9191",
                                       "--module",
                                       "shop.app:app",
                                       "--harakiri",
                                       "20",
                                       "--threads",
                                       "3",
                                       "--max-requests",
                                       "50" };
  add(100, 1, argv, { 77, 79 });
  add(101, 100, argv, { 77 });
  add(102, 100, argv, { 77 });

  const auto servers = finder_.find();

  domain::Server expected;
  expected.master_tgid = 100;
  expected.kind = domain::ServerKind::uwsgi;
  expected.app = "shop.app:app";
  expected.worker_class = "threads";
  expected.workers_configured = 2;
  expected.threads_per_worker = 3;
  expected.listen = { "127.0.0.1:9191" };
  expected.python_version = "3.11";
  expected.timeout_seconds = 20;
  expected.preload = true;
  expected.max_requests = 50;
  expected.workers = { { 101, 5000, 1 }, { 102, 5000, 1 } };
  EXPECT_THAT(servers, ElementsAre(expected));
}

// As measured: a router has its own socket and not the workers', mules and spoolers have neither.
TEST_F(FindUwsgi, WorkersAndNoRouterMuleOrSpooler)
{
  const std::vector<std::string> argv{
    "/usr/bin/uwsgi", "--http", "127.0.0.1:9191", "--master", "--mule", "-p", "2"
  };
  add(100, 1, argv, { 77, 78 });
  add(101, 100, argv, {}); // spooler
  add(102, 100, argv, { 78 });
  add(103, 100, argv, { 78 });
  add(104, 100, argv, {});     // mule
  add(105, 100, argv, { 77 }); // router

  EXPECT_THAT(workers(), ElementsAre(102, 103));
  EXPECT_THAT(finder_.find().at(0).listen, ElementsAre("127.0.0.1:33165", "127.0.0.1:9191"));
}

TEST_F(FindUwsgi, WithoutAMasterTheFirstWorkerStandsInItsPlace)
{
  const std::vector<std::string> argv{ "uwsgi", "-p2", "--http", ":9191" };
  add(100, 1, argv, { 77, 78 });
  add(101, 100, argv, { 78 });
  add(102, 100, argv, { 77 }); // router

  EXPECT_EQ(finder_.find().at(0).master_tgid, 100);
  EXPECT_THAT(workers(), ElementsAre(100, 101));
  EXPECT_EQ(finder_.find(101)->master_tgid, 100);
}

TEST_F(FindUwsgi, AnEmperorsVassalsAreServersOfTheirOwn)
{
  add(100, 1, { "uwsgi", "--emperor", "/etc/vassals" }, {});
  add(101, 100, { "/usr/bin/uwsgi", "--ini", "a.ini" }, { 77 });
  add(102, 100, { "/usr/bin/uwsgi", "--ini", "b.ini" }, { 80 });
  write_file(proc_.root() / "srv/a.ini", "[uwsgi]\nmodule = a:app\n");
  write_file(proc_.root() / "srv/b.ini", "[uwsgi]\nmodule = b:app\n");

  const auto servers = finder_.find();

  ASSERT_EQ(servers.size(), 2);
  EXPECT_EQ(servers[0].app, "a:app");
  EXPECT_THAT(servers[1].listen, ElementsAre("unix:/run/app.sock"));
  EXPECT_THAT(workers(), ElementsAre(101, 102));
}

TEST_F(FindUwsgi, RolesByTheTitlesOfAutoProcname)
{
  add(100, 1, { "shop uWSGI master" }, { 77, 79 });
  add(101, 100, { "shop uWSGI spooler" }, {});
  add(102, 100, { "shop uWSGI worker 1" }, { 77 });
  add(103, 100, { "shop uWSGI http 1" }, { 78 });

  EXPECT_THAT(workers(), ElementsAre(102));
  EXPECT_THAT(finder_.find().at(0).gaps, testing::Contains(HasSubstr("overwritten the command")));
}

TEST_F(FindUwsgi, ANewWorkerThatHasItsMastersTitleStill)
{
  add(100, 1, { "uWSGI master" }, { 77 });
  add(101, 100, { "uWSGI master" }, { 77 });

  EXPECT_THAT(workers(), ElementsAre(101));
}

TEST_F(FindUwsgi, NoSubprocessOfAWorker)
{
  const std::vector<std::string> argv{ "uwsgi", "--master", "-p1" };
  add(100, 1, argv, { 77 });
  add(101, 100, argv, { 77 });
  add(102, 101, argv, { 77 }); // not executed yet
  add(103, 101, { "sleep", "1" }, {});

  EXPECT_THAT(workers(), ElementsAre(101));
}

TEST_F(FindUwsgi, NoOtherProgramOfASimilarName)
{
  proc_.add({ .tgid = 100,
              .argv = { "uwsgi_exporter" },
              .sockets = { 77 },
              .executable = "/usr/bin/uwsgi_exporter" });
  proc_.add({ .tgid = 101, .argv = { "uwsgi" }, .sockets = { 77 }, .executable = "/bin/bash" });

  EXPECT_THAT(finder_.find(), IsEmpty());

  proc_.add({ .tgid = 102,
              .argv = { "/usr/bin/uwsgi" },
              .sockets = { 77 },
              .executable = "/usr/bin/uwsgi (deleted)" });
  EXPECT_THAT(workers(), ElementsAre(102));
}

TEST_F(FindUwsgi, AMasterWithoutWorkersThatListens)
{
  add(100, 1, { "uwsgi", "--master" }, { 77 });

  EXPECT_THAT(workers(), IsEmpty());
  EXPECT_EQ(finder_.find().size(), 1);
}

TEST_F(FindUwsgi, WorkersWhoseSocketsMayNotBeSeen)
{
  const std::vector<std::string> argv{ "uwsgi", "--master", "-p1", "--http-socket", ":9191" };
  add(100, 1, argv, { 77 });
  add(101, 100, argv, { 77 });
  for (const std::uint32_t tgid : { 100U, 101U })
    std::filesystem::permissions(proc_.of(tgid) / "fd", std::filesystem::perms::none);
  const Unprivileged nobody;

  EXPECT_THAT(workers(), ElementsAre(101));
  EXPECT_THAT(finder_.find().at(0).listen, ElementsAre(":9191"));
  EXPECT_THAT(finder_.find().at(0).gaps,
              testing::Contains(HasSubstr("the sockets of 100 cannot be seen")));
}

} // namespace
} // namespace linger::discover
