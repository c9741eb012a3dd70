#include "serve/history/history_store.h"

#include "serve/escape.h"
#include "serve/history/minute.h"
#include "serve/history/minute_sum.h"

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <sys/stat.h>

namespace linger::serve {
namespace {

namespace fs = std::filesystem;
using google::protobuf::util::TimeUtil;

constexpr std::int64_t format_version = 1;
constexpr std::uint64_t page_bytes = 4096;
constexpr const char *last_words[]{ "", "-wal", "-shm" };

Error error_of(const std::string &doing, const std::string &path, const SqliteError &error)
{
  const auto kind = error.code == SQLITE_BUSY || error.code == SQLITE_FULL ? Error::Kind::exhausted
                    : error.is_damage()                                    ? Error::Kind::malformed
                    : error.code == SQLITE_CANTOPEN || error.code == SQLITE_READONLY ||
                            error.code == SQLITE_PERM || error.code == SQLITE_AUTH
                        ? Error::Kind::not_permitted
                        : Error::Kind::internal;
  const std::string what =
      error.code == SQLITE_BUSY ? "another process has it open: only one agent can" : error.what;
  return { .kind = kind, .what = fmt::format("{} {}: {}", doing, printable(path), what) };
}

/// Readable by nobody else, before SQLite makes it.
Result<> make_file(const std::string &path)
{
  std::error_code error;
  const fs::path directory = fs::path{ path }.parent_path();
  if (!directory.empty() && !fs::exists(directory, error)) {
    fs::create_directories(directory, error);
    if (error)
      return failed("make the directory of the history " + printable(path), error.value());
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  const mode_t before = ::umask(0077);
  std::FILE *file = std::fopen(path.c_str(), "abe");
  const int err = errno;
  ::umask(before);
  if (file == nullptr)
    return failed("open the history " + printable(path), err);
  std::fclose(file);
  return {};
}

} // namespace

SqliteResult<Sqlite> HistoryStore::open_file(const std::string &path, const HistoryLimits &limits,
                                             bool create)
{
  auto file = Sqlite::open(path, create);
  if (!file)
    return tl::unexpected(file.error());
  // Exclusive: no index of the log beside it, and nobody else writes. The first use takes the lock.
  const std::string settings = fmt::format(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = {}; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 256;"
      "PRAGMA journal_size_limit = 1048576; PRAGMA cache_size = -1024;"
      "PRAGMA max_page_count = {};",
      page_bytes, limits.max_bytes / page_bytes);
  if (const auto set = file->run(settings); !set)
    return tl::unexpected(set.error());
  auto check = file->prepare("PRAGMA quick_check(1)");
  if (!check)
    return tl::unexpected(check.error());
  const auto row = check->step();
  if (!row)
    return tl::unexpected(row.error());
  if (check->bytes(0) != "ok")
    return tl::unexpected(
        SqliteError{ .code = SQLITE_CORRUPT, .what = std::string{ check->bytes(0) } });
  const auto version = file->number("PRAGMA user_version");
  if (!version)
    return tl::unexpected(version.error());
  if (*version != 0 && *version != format_version)
    return tl::unexpected(
        SqliteError{ .code = SQLITE_NOTADB,
                     .what = fmt::format("it has the format {}, of another agent", *version) });
  if (*version == 0) {
    const auto made = file->run(
        fmt::format("CREATE TABLE IF NOT EXISTS minute (begin_ns INTEGER NOT NULL, end_ns "
                    "INTEGER NOT NULL, bytes BLOB NOT NULL);"
                    "CREATE INDEX IF NOT EXISTS minute_end ON minute (end_ns);"
                    "PRAGMA user_version = {};",
                    format_version));
    if (!made)
      return tl::unexpected(made.error());
  }
  return file;
}

Result<std::string> HistoryStore::move_aside(const std::string &path)
{
  const std::string other = fmt::format("{}.damaged-{}", path, std::time(nullptr));
  for (const char *suffix : last_words) {
    std::error_code error;
    fs::rename(path + suffix, other + suffix, error);
    if (error && *suffix == '\0')
      return failed("move the damaged history " + printable(path) + " aside", error.value());
  }
  return other;
}

Result<HistoryStore> HistoryStore::open(const std::string &path, const HistoryLimits &limits)
{
  if (const auto made = make_file(path); !made)
    return tl::unexpected(made.error());
  auto file = open_file(path, limits, true);
  std::string notice;
  if (!file && file.error().is_damage()) {
    const Result<std::string> other = move_aside(path);
    if (!other)
      return tl::unexpected(other.error());
    notice = fmt::format("the history {} is damaged ({}): it was moved to {}, and a new one begins",
                         printable(path), file.error().what, printable(*other));
    if (const auto made = make_file(path); !made)
      return tl::unexpected(made.error());
    file = open_file(path, limits, true);
  }
  if (!file)
    return tl::unexpected(error_of("open the history", path, file.error()));
  HistoryStore store{ path, limits, std::move(*file) };
  store.notice_ = std::move(notice);
  return store;
}

Result<HistoryStore> HistoryStore::open_existing(const std::string &path)
{
  std::error_code error;
  if (!fs::exists(path, error) && !error)
    return failure(
        Error::Kind::not_found,
        fmt::format(
            "there is no history at {}: lingerd keeps one while it runs; [history] path names it",
            printable(path)));
  auto file = open_file(path, {}, false);
  if (!file && file.error().code == SQLITE_BUSY)
    return failure(
        Error::Kind::exhausted,
        fmt::format("read the history {}: an agent has it open; --agent ADDRESS asks that "
                    "one",
                    printable(path)));
  if (!file)
    return tl::unexpected(error_of("read the history", path, file.error()));
  return HistoryStore{ path, {}, std::move(*file) };
}

SqliteResult<> HistoryStore::make_room(std::int64_t now_ns, std::uint64_t bytes)
{
  auto old = file_->prepare("DELETE FROM minute WHERE end_ns < ?");
  if (!old)
    return tl::unexpected(old.error());
  old->bind(1, now_ns - limits_.retention.count());
  if (const auto done = old->step(); !done)
    return tl::unexpected(done.error());

  // A blob takes whole pages, and so does what holds them together.
  const std::uint64_t needed_pages = bytes / page_bytes + 8;
  const std::uint64_t most_pages = limits_.max_bytes / page_bytes;
  while (true) {
    const auto pages = file_->number("PRAGMA page_count");
    const auto free = file_->number("PRAGMA freelist_count");
    const auto minutes = file_->number("SELECT count(*) FROM minute");
    if (!pages || !free || !minutes)
      return tl::unexpected(!pages ? pages.error() : !free ? free.error() : minutes.error());
    if (static_cast<std::uint64_t>(*pages - *free) + needed_pages <= most_pages || *minutes == 0)
      return {};
    const auto deleted =
        file_->run("DELETE FROM minute WHERE rowid IN (SELECT rowid FROM minute ORDER BY end_ns "
                   "LIMIT max(1, (SELECT count(*) FROM minute) / 32))");
    if (!deleted)
      return tl::unexpected(deleted.error());
  }
}

SqliteResult<> HistoryStore::insert(std::int64_t begin_ns, std::int64_t end_ns,
                                    const std::string &bytes)
{
  auto statement = file_->prepare("INSERT INTO minute VALUES (?, ?, ?)");
  if (!statement)
    return tl::unexpected(statement.error());
  statement->bind(1, begin_ns);
  statement->bind(2, end_ns);
  statement->bind(3, std::string_view{ bytes });
  if (const auto done = statement->step(); !done)
    return tl::unexpected(done.error());
  return {};
}

Result<> HistoryStore::reopen()
{
  file_.reset(); // this process would not let itself in
  Result<HistoryStore> opened = open(path_, limits_);
  if (!opened)
    return tl::unexpected(opened.error());
  *this = std::move(*opened);
  return {};
}

Result<> HistoryStore::add(const history::v1::Minute &minute)
{
  if (!file_) {
    if (const auto opened = reopen(); !opened)
      return opened;
  }
  const v1::Window &window = minute.report().window();
  const std::string bytes = packed(minute);
  const std::int64_t end_ns = TimeUtil::TimestampToNanoseconds(window.end_time());
  SqliteResult<> added = make_room(end_ns, bytes.size());
  if (added)
    added = insert(TimeUtil::TimestampToNanoseconds(window.start_time()), end_ns, bytes);
  if (added)
    return {};
  // The end of a damaged file: SQLite will not write to it any more.
  if (added.error().is_damage()) {
    if (const auto opened = reopen(); !opened)
      return opened;
  }
  return tl::unexpected(error_of("write the history", path_, added.error()));
}

Result<v1::Report> HistoryStore::report(domain::WallTime since, domain::WallTime now,
                                        const std::vector<std::uint32_t> &tgids)
{
  if (!file_)
    return failure(
        Error::Kind::malformed,
        fmt::format("the history {} was damaged, and no new one could be made", printable(path_)));
  auto statement =
      file_->prepare("SELECT bytes FROM minute WHERE end_ns > ? AND begin_ns < ? ORDER BY end_ns");
  if (!statement)
    return tl::unexpected(error_of("read the history", path_, statement.error()));
  statement->bind(1, since.time_since_epoch().count());
  statement->bind(2, now.time_since_epoch().count());
  MinuteSum sum;
  std::size_t unreadable = 0;
  std::string cut_off;
  while (true) {
    const auto row = statement->step();
    if (!row) {
      cut_off = row.error().what;
      break;
    }
    if (!*row)
      break;
    if (const auto minute = unpacked(statement->bytes(0)))
      sum.add(*minute);
    else
      ++unreadable;
  }
  if (sum.minutes() == 0)
    return failure(Error::Kind::not_found,
                   fmt::format("the history {} holds nothing of that time{}", printable(path_),
                               cut_off.empty() ? "" : ": " + cut_off));
  v1::Report report = sum.report(tgids);
  if (!tgids.empty() && report.servers().empty())
    return failure(Error::Kind::not_found,
                   "none of these processes was a server or a worker in that time");
  auto &gaps = *report.mutable_coverage();
  const auto observed_s = static_cast<double>(report.window().duration_ns()) * 1e-9;
  const double asked_s = std::chrono::duration<double>{ now - since }.count();
  gaps.add_gaps(fmt::format(
      "This is of the host's history: {:.0f} of the last {:.0f} s, in {} looks. Waits that "
      "went on from one look into the next are at no line.",
      observed_s, asked_s, sum.minutes()));
  if (unreadable != 0 || !cut_off.empty())
    gaps.add_gaps(
        fmt::format("{} looks of the history could not be read{}.", unreadable,
                    cut_off.empty() ? "" : ", and where they end was not seen: " + cut_off));
  return report;
}

} // namespace linger::serve
