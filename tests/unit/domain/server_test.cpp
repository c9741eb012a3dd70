#include "domain/server.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace linger::domain {
namespace {

TEST(ServerKinds, HaveANameEach)
{
  std::set<std::string> names;
  for (const ServerKind kind : all_server_kinds)
    names.insert(name_of(kind));
  EXPECT_EQ(names.size(), all_server_kinds.size());
  EXPECT_FALSE(names.contains(""));
}

TEST(RequestThreads, AreThoseThatServeOneRequestAtATime)
{
  Server server;
  for (const char *name : { "", "sync", "gthread", "processes", "threads", "a.MySyncWorker" }) {
    server.worker_class = name;
    EXPECT_TRUE(has_request_threads(server)) << name;
  }
  for (const char *name : { "gevent", "tornado", "asyncio", "uvicorn.workers.UvicornWorker" }) {
    server.worker_class = name;
    EXPECT_FALSE(has_request_threads(server)) << name;
  }
  EXPECT_FALSE(has_request_threads({ .kind = ServerKind::waitress, .worker_class = "threads" }));
  EXPECT_TRUE(has_request_threads({ .kind = ServerKind::mod_wsgi, .worker_class = "threads" }));
}

TEST(Handing, IsWhatWaitressDoes)
{
  EXPECT_TRUE(hands_requests_over({ .kind = ServerKind::waitress, .worker_class = "threads" }));
  EXPECT_FALSE(hands_requests_over({ .kind = ServerKind::gunicorn, .worker_class = "gthread" }));
}

TEST(Masters, ForkWorkersUnlessTheyAreOneOrApache)
{
  EXPECT_TRUE(forks_workers({ .master_tgid = 1, .workers = { { .tgid = 2 } } }));
  EXPECT_TRUE(forks_workers({ .master_tgid = 1 }));
  EXPECT_FALSE(forks_workers({ .master_tgid = 1, .workers = { { .tgid = 1 }, { .tgid = 2 } } }));
  EXPECT_FALSE(forks_workers({ .master_tgid = 1, .kind = ServerKind::mod_wsgi }));
}

} // namespace
} // namespace linger::domain
