// As much of SQLite as the history needs. Errors are SQLite's own words and code.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace linger::serve {

struct SqliteError {
  int code = SQLITE_OK; // without what extended codes add
  std::string what;

  /// The file holds something else than it should.
  [[nodiscard]] bool is_damage() const { return code == SQLITE_CORRUPT || code == SQLITE_NOTADB; }
};
template <typename T = void>
using SqliteResult = tl::expected<T, SqliteError>;

/// A prepared statement. Not thread-safe.
class SqliteStatement {
public:
  explicit SqliteStatement(sqlite3_stmt *statement) : statement_(statement) {}

  void bind(int at, std::int64_t number);
  /// `bytes` must outlive the next step().
  void bind(int at, std::string_view bytes);
  /// Whether there is a row; false at the end.
  [[nodiscard]] SqliteResult<bool> step();
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const; // until the next step()

private:
  struct Finalize {
    void operator()(sqlite3_stmt *statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection. Not thread-safe.
class Sqlite {
public:
  [[nodiscard]] static SqliteResult<Sqlite> open(const std::string &path, bool create);

  [[nodiscard]] SqliteResult<SqliteStatement> prepare(const char *sql);
  /// Whatever rows there are, are passed over.
  [[nodiscard]] SqliteResult<> run(const std::string &sql);
  /// The first column of the first row.
  [[nodiscard]] SqliteResult<std::int64_t> number(const char *sql);

private:
  struct Close {
    void operator()(sqlite3 *connection) const noexcept { sqlite3_close_v2(connection); }
  };
  explicit Sqlite(sqlite3 *connection) : connection_(connection) {}

  std::unique_ptr<sqlite3, Close> connection_;
};

} // namespace linger::serve
