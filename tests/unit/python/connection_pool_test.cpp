#include "python/connection_pool.h"

#include <gtest/gtest.h>
#include <vector>

namespace linger::python {
namespace {

constexpr const char *condition = "/usr/lib/python3.11/threading.py";

std::vector<Frame> waiting_in(const std::string &file, const std::string &function)
{
  return { { condition, "Condition.wait", 320 },
           { file, function, 146 },
           { "/srv/shop/report.py", "report", 12 } };
}

TEST(ConnectionPoolTest, KnowsTheFunctionsThatHandOutConnections)
{
  EXPECT_EQ(waited_pool(waiting_in("/usr/lib/python3/dist-packages/sqlalchemy/pool/impl.py",
                                   "QueuePool._do_get")),
            "SQLAlchemy");
  EXPECT_EQ(waited_pool(waiting_in("/venv/lib/python3.9/site-packages/sqlalchemy/pool/impl.py",
                                   "_do_get")), // before 3.11
            "SQLAlchemy");
  EXPECT_EQ(waited_pool(waiting_in("/venv/site-packages/redis/connection.py",
                                   "BlockingConnectionPool.get_connection")),
            "redis-py");
}

TEST(ConnectionPoolTest, IsNotTakenInByOthers)
{
  EXPECT_EQ(waited_pool({}), "");
  EXPECT_EQ(waited_pool(waiting_in("/srv/shop/cache.py", "get")), "");
  EXPECT_EQ(waited_pool(waiting_in("/venv/site-packages/sqlalchemy/pool/impl.py", "undo_get")), "");
  EXPECT_EQ(waited_pool(waiting_in("/srv/mysqlalchemy/pool/impl.py", "_do_get")), "");
}

TEST(ConnectionPoolTest, OpeningAConnectionIsNoWaitForOne)
{
  const std::vector<Frame> opening{
    { "/venv/site-packages/psycopg2/__init__.py", "connect", 122 },
    { "/venv/site-packages/sqlalchemy/pool/impl.py", "QueuePool._do_get", 146 },
  };
  EXPECT_EQ(waited_pool(opening), "");
}

} // namespace
} // namespace linger::python
