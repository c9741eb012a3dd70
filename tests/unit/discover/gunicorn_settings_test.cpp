#include "discover/gunicorn_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Setting said(std::string value)
{
  return { .values = { std::move(value) }, .source = "the command line" };
}

domain::Server applied(Settings settings, bool is_complete = true)
{
  domain::Server server;
  server.workers.resize(3);
  apply({ .settings = std::move(settings), .is_complete = is_complete }, server);
  return server;
}

TEST(CountIn, ReadsNumbersAsPythonDoes)
{
  EXPECT_EQ(count_in(" 4\n"), 4);
  EXPECT_EQ(count_in("+4"), 4);
  EXPECT_EQ(count_in("1_000"), 1000);
  EXPECT_EQ(count_in("0x1F"), 31);
  EXPECT_EQ(count_in("0b11"), 3);
  for (const std::string_view text :
       { "", "-1", "4.0", "four", "4 4", "_4", "4_", "1__0", "0x", "4294967296", "++4" })
    EXPECT_EQ(count_in(text), std::nullopt) << text;
}

TEST(Apply, UsesGunicornsDefaults)
{
  const domain::Server server = applied({});

  EXPECT_EQ(server.worker_class, "sync");
  EXPECT_EQ(server.workers_configured, 1);
  EXPECT_EQ(server.threads_per_worker, 1);
  EXPECT_EQ(server.timeout_seconds, 30);
  EXPECT_FALSE(server.preload);
  EXPECT_EQ(server.max_requests, 0);
  EXPECT_THAT(server.gaps, IsEmpty());
}

TEST(Apply, TurnsSyncWithThreadsIntoGthread)
{
  EXPECT_EQ(applied({ { "threads", said("4") } }).worker_class, "gthread");
  EXPECT_EQ(applied({ { "threads", said("4") } }).threads_per_worker, 4);
  EXPECT_EQ(applied({ { "threads", said("1") } }).worker_class, "sync");
  EXPECT_EQ(applied({ { "threads", said("0") } }).threads_per_worker, 1);
  EXPECT_EQ(applied({ { "worker_class", said("gunicorn.workers.sync.SyncWorker") },
                      { "threads", said("2") } })
                .worker_class,
            "gthread");
  EXPECT_EQ(applied({ { "worker_class", said("gevent") }, { "threads", said("2") } }).worker_class,
            "gevent");
}

TEST(Apply, LeavesAPythonNameAsGiven)
{
  EXPECT_EQ(applied({ { "worker_class", said("uvicorn.workers.UvicornWorker") } }).worker_class,
            "uvicorn.workers.UvicornWorker");
}

TEST(Apply, SaysNothingAgainstEventLoops)
{
  EXPECT_THAT(applied({ { "worker_class", said("tornado") } }).gaps, IsEmpty());
  EXPECT_THAT(applied({ { "worker_class", said("gevent") } }).gaps, IsEmpty());
  EXPECT_THAT(applied({ { "worker_class", said("gthread") } }).gaps, IsEmpty());
}

TEST(Apply, CountsTheLiveWorkersWhereTheNumberIsComputed)
{
  const domain::Server server =
      applied({ { "workers", { .source = "/srv/c.py, line 2", .is_computed = true } } });

  EXPECT_EQ(server.workers_configured, 3);
  EXPECT_THAT(server.gaps,
              ElementsAre("workers is computed in /srv/c.py, line 2: its value cannot be seen from "
                          "outside",
                          "the number of workers configured is not known: that of those alive "
                          "stands in its place"));
}

TEST(Apply, DoesNotKnowTheClassWhereTheThreadsAreComputed)
{
  const Setting computed{ .source = "x", .is_computed = true };

  EXPECT_EQ(applied({ { "threads", computed } }).worker_class, "");
  EXPECT_EQ(applied({ { "threads", computed }, { "worker_class", said("gthread") } }).worker_class,
            "gthread");
}

TEST(Apply, DoesNotTrustDefaultsWhereASourceIsMissing)
{
  const domain::Server server = applied({ { "timeout", said("7") } }, false);

  EXPECT_EQ(server.worker_class, "");
  EXPECT_EQ(server.workers_configured, 3);
  EXPECT_EQ(server.timeout_seconds, 7);
}

TEST(Apply, LeavesAGapForAValueThatIsNone)
{
  const domain::Server server =
      applied({ { "timeout", said("soon") }, { "preload_app", said("maybe") } });

  EXPECT_EQ(server.timeout_seconds, 0);
  EXPECT_FALSE(server.preload);
  EXPECT_THAT(server.gaps,
              ElementsAre("timeout is \"soon\" in the command line, which is no value that it can "
                          "have",
                          "preload_app is \"maybe\" in the command line, which is no value that it "
                          "can have"));
}

} // namespace
} // namespace linger::discover
