#include "python/connection_pool.h"

#include "python/application_line.h"

#include <algorithm>
#include <array>

namespace linger::python {
namespace {

/// Where a library hands out connections, and waits where none is left.
struct Pool {
  std::string_view library;
  std::string_view file; // the end of its path
  std::string_view function;
};

constexpr std::array pools{
  Pool{ "SQLAlchemy", "/sqlalchemy/pool/impl.py", "_do_get" },
  Pool{ "psycopg_pool", "/psycopg_pool/pool.py", "getconn" },
  Pool{ "redis-py", "/redis/connection.py", "get_connection" }, // BlockingConnectionPool
  Pool{ "PyMongo", "/pymongo/pool.py", "_get_socket" },
  Pool{ "PyMongo", "/pymongo/pool.py", "_get_conn" },
  Pool{ "PyMongo", "/pymongo/synchronous/pool.py", "_get_conn" }, // 4.9
  Pool{ "DBUtils", "/dbutils/pooled_db.py", "connection" },
  Pool{ "urllib3", "/urllib3/connectionpool.py", "_get_conn" }, // block=True
};

/// Since 3.11 a function is named with its class: "QueuePool._do_get".
bool is_named(std::string_view function, std::string_view name)
{
  return function == name ||
         (function.ends_with(name) && function[function.size() - name.size() - 1] == '.');
}

} // namespace

std::string_view waited_pool(std::span<const Frame> stack)
{
  // All of them wait on a condition of the standard library. Opening a connection does not.
  if (!waits_for_event(stack))
    return {};
  for (const Frame &frame : stack) {
    const auto pool = std::ranges::find_if(pools, [&](const Pool &one) {
      return is_named(frame.function, one.function) && frame.file.ends_with(one.file);
    });
    if (pool != pools.end())
      return pool->library;
  }
  return {};
}

} // namespace linger::python
