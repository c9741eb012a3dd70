#include "discover/uwsgi_configuration.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigureUwsgi : public testing::Test {
protected:
  ConfigureUwsgi() { proc_.add({ .tgid = 7, .comm = "uwsgi", .argv = { "uwsgi" } }); }

  [[nodiscard]] domain::Server server(std::vector<std::string> arguments,
                                      Environment environment = {}) const
  {
    const UwsgiLaunch launch{ .arguments = std::move(arguments),
                              .environment = std::move(environment),
                              .environment_gap = "" };
    domain::Server server;
    server.kind = domain::ServerKind::uwsgi;
    server.workers.resize(3);
    apply_uwsgi(gather_uwsgi_configuration(proc_.path(), 7, launch), server);
    return server;
  }

  FakeProc proc_;
};

TEST_F(ConfigureUwsgi, FromTheCommandLine)
{
  const auto told = server({ "--master", "-p", "4", "--threads", "2", "--module", "shop.app",
                             "--callable", "app", "--harakiri", "30", "--max-requests", "1000" });

  EXPECT_EQ(told.app, "shop.app:app");
  EXPECT_EQ(told.worker_class, "threads");
  EXPECT_EQ(told.workers_configured, 4);
  EXPECT_EQ(told.threads_per_worker, 2);
  EXPECT_EQ(told.timeout_seconds, 30);
  EXPECT_EQ(told.max_requests, 1000);
  EXPECT_TRUE(told.preload);
  EXPECT_THAT(told.gaps, IsEmpty());
}

TEST_F(ConfigureUwsgi, WithItsDefaults)
{
  const auto told = server({ "--http-socket", ":8000", "--wsgi-file", "/srv/wsgi.py" });

  EXPECT_EQ(told.app, "/srv/wsgi.py");
  EXPECT_EQ(told.worker_class, "processes");
  EXPECT_EQ(told.workers_configured, 1);
  EXPECT_EQ(told.threads_per_worker, 1);
  EXPECT_EQ(told.timeout_seconds, 0);
  EXPECT_FALSE(told.preload); // nobody forks
  EXPECT_FALSE(server({ "--lazy-apps", "-Mp4" }).preload);
  EXPECT_EQ(server({ "--mount", "/shop=shop.py" }).app, "shop.py");
}

// Measured on uWSGI 2.0.21: the environment comes first, a file counts where it is named.
TEST_F(ConfigureUwsgi, WhatComesLastCounts)
{
  write_file(proc_.root() / "srv/a.ini", "[uwsgi]\nprocesses = 4\n");

  EXPECT_EQ(server({ "-p", "2" }, { { "UWSGI_PROCESSES", "3" } }).workers_configured, 2);
  EXPECT_EQ(server({}, { { "UWSGI_PROCESSES", "3" } }).workers_configured, 3);
  EXPECT_EQ(server({ "--ini", "a.ini", "-p", "2" }).workers_configured, 2);
  EXPECT_EQ(server({ "-p", "2", "a.ini" }).workers_configured, 4);
  EXPECT_EQ(server({}, { { "UWSGI_INI", "/srv/a.ini" } }).workers_configured, 4);
}

TEST_F(ConfigureUwsgi, FromWhereItWasStarted)
{
  write_file(proc_.root() / "home/a.ini", "[uwsgi]\nchdir = /srv\nprocesses = 4 ; four\n");

  EXPECT_EQ(server({ "a.ini" }, { { "PWD", "/home" } }).workers_configured, 4);
}

TEST_F(ConfigureUwsgi, FromFilesThatNameOthers)
{
  write_file(proc_.root() / "srv/a.ini",
             "[uwsgi]\nini = :dev\ninherit = /srv/b.ini\n[dev]\nthreads = 3\n");
  write_file(proc_.root() / "srv/b.ini", "[uwsgi]\nprocesses = 5\ninclude = /srv/a.ini\n");

  const auto told = server({ "--ini", "/srv/a.ini" });

  EXPECT_EQ(told.threads_per_worker, 3);
  EXPECT_EQ(told.workers_configured, 5);
  EXPECT_THAT(told.gaps, Contains(HasSubstr("too many files name one another")));
}

TEST_F(ConfigureUwsgi, SaysWhatItCannotRead)
{
  EXPECT_THAT(server({ "--yaml", "a.yaml" }).gaps,
              ElementsAre(HasSubstr("a.yaml in the command line cannot be read (only .ini"),
                          HasSubstr("that of those alive")));
  EXPECT_EQ(server({ "--yaml", "a.yaml" }).workers_configured, 3);
  EXPECT_EQ(server({ "--yaml", "a.yaml" }).worker_class, "");
  EXPECT_THAT(server({ "none.ini" }).gaps, Contains(HasSubstr("none.ini")));
  EXPECT_THAT(server({ "-p", "$(N)" }).gaps, Contains(HasSubstr("processes is computed in")));
  EXPECT_THAT(server({ "-p", "many" }).gaps, Contains(HasSubstr("processes is \"many\" in")));
}

TEST_F(ConfigureUwsgi, SaysThatATitleHasHiddenIt)
{
  const UwsgiLaunch launch{ .arguments = std::nullopt,
                            .environment = std::nullopt,
                            .environment_gap = "gone" };
  const auto configuration = gather_uwsgi_configuration(proc_.path(), 7, launch);

  EXPECT_THAT(configuration.gaps, ElementsAre("gone: what UWSGI_... variables set is not known",
                                              HasSubstr("overwritten the command line")));
  EXPECT_EQ(has_uwsgi_master(configuration), std::nullopt);
}

TEST_F(ConfigureUwsgi, TellsThreadsThatServeSeveralRequests)
{
  const auto told = server({ "--gevent", "100" });

  EXPECT_EQ(told.worker_class, "gevent");
  EXPECT_THAT(told.gaps, ElementsAre(HasSubstr("serves several requests on one thread")));
}

TEST_F(ConfigureUwsgi, ReadsFlagsAsUwsgiDoes)
{
  const auto has_master = [&](std::vector<std::string> arguments) {
    return has_uwsgi_master(gather_uwsgi_configuration(proc_.path(), 7,
                                                       { .arguments = std::move(arguments),
                                                         .environment = Environment{},
                                                         .environment_gap = "" }));
  };
  EXPECT_EQ(has_master({}), false);
  EXPECT_EQ(has_master({ "--master" }), true);
  EXPECT_EQ(has_master({ "--master=false" }), false);
  EXPECT_EQ(has_master({ "--master=on" }), true);
}

} // namespace
} // namespace linger::discover
