#include "serve/history/sqlite.h"

namespace linger::serve {
namespace {

constexpr int primary_code = 0xff;

tl::unexpected<SqliteError> error_of(sqlite3 *connection, int code)
{
  return tl::unexpected(SqliteError{ .code = code & primary_code,
                                     .what = connection != nullptr ? sqlite3_errmsg(connection)
                                                                   : sqlite3_errstr(code) });
}

} // namespace

void SqliteStatement::bind(int at, std::int64_t number)
{
  sqlite3_bind_int64(statement_.get(), at, number);
}

void SqliteStatement::bind(int at, std::string_view bytes)
{
  sqlite3_bind_blob64(statement_.get(), at, bytes.data(), bytes.size(), SQLITE_STATIC);
}

SqliteResult<bool> SqliteStatement::step()
{
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return code == SQLITE_ROW;
  return error_of(sqlite3_db_handle(statement_.get()), code);
}

std::int64_t SqliteStatement::number(int column) const
{
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::bytes(int column) const
{
  const auto *bytes = static_cast<const char *>(sqlite3_column_blob(statement_.get(), column));
  return { bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)) };
}

SqliteResult<Sqlite> Sqlite::open(const std::string &path, bool create)
{
  sqlite3 *opened = nullptr;
  // One thread at a time uses it, so it needs no locks of its own.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Sqlite sqlite{ opened };
  if (code != SQLITE_OK)
    return error_of(opened, code);
  return sqlite;
}

SqliteResult<SqliteStatement> Sqlite::prepare(const char *sql)
{
  sqlite3_stmt *statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql, -1, &statement, nullptr);
  if (code != SQLITE_OK)
    return error_of(connection_.get(), code);
  return SqliteStatement{ statement };
}

SqliteResult<> Sqlite::run(const std::string &sql)
{
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return error_of(connection_.get(), code);
  return {};
}

SqliteResult<std::int64_t> Sqlite::number(const char *sql)
{
  auto statement = prepare(sql);
  if (!statement)
    return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row)
    return tl::unexpected(row.error());
  return *row ? statement->number(0) : 0;
}

} // namespace linger::serve
