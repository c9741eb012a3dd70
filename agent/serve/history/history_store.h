// The history of this host, in a file: docs/design/history.md.

#pragma once

#include "base/result.h"
#include "domain/time.h"
#include "linger/history/v1/minute.pb.h"
#include "linger/v1/report.pb.h"
#include "serve/history/sqlite.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linger::serve {

/// The most that may be kept, and asked for.
inline constexpr std::chrono::hours longest_since{ 31 * 24 };

struct HistoryLimits {
  /// Of the file; beside it there is a log of at most 4 MiB more.
  std::uint64_t max_bytes = 64ULL << 20;
  domain::Nanos retention = std::chrono::hours{ 24 * 7 };
};

/// One process at a time has it open. What was added survives that the process is killed. Not
/// thread-safe.
class HistoryStore {
public:
  /// Opens the file, or makes it (0600) and its directory. One that is damaged is moved aside, as
  /// said in notice(). Fails as `exhausted` while another process has it.
  [[nodiscard]] static Result<HistoryStore> open(const std::string &path,
                                                 const HistoryLimits &limits);
  /// For reading: fails as `not_found` where there is no file, as `malformed` where it is damaged;
  /// leaves it where it is.
  [[nodiscard]] static Result<HistoryStore> open_existing(const std::string &path);

  /// The oldest ones make room. Fails where it cannot be written, and leaves all that there was; a
  /// file that turns out to be damaged is moved aside, and the next one goes into a new one.
  [[nodiscard]] Result<> add(const history::v1::Minute &minute);

  /// The minutes that ended after `since`, added up. `now` is for what is said about the part that
  /// nothing is known of. Minutes that cannot be read are left out and told in the gaps. not_found
  /// where there are none, or where no server has any of `tgids`.
  [[nodiscard]] Result<v1::Report> report(domain::WallTime since, domain::WallTime now,
                                          const std::vector<std::uint32_t> &tgids);

  /// What a person should know since the last call; empty when there is nothing.
  [[nodiscard]] std::string notice() { return std::exchange(notice_, {}); }

private:
  HistoryStore(std::string path, HistoryLimits limits, Sqlite file)
      : path_(std::move(path)), limits_(limits), file_(std::move(file))
  {
  }
  [[nodiscard]] static SqliteResult<Sqlite> open_file(const std::string &path,
                                                      const HistoryLimits &limits, bool create);
  /// Out of the way, under another name.
  [[nodiscard]] static Result<std::string> move_aside(const std::string &path);
  [[nodiscard]] SqliteResult<> insert(std::int64_t begin_ns, std::int64_t end_ns,
                                      const std::string &bytes);
  [[nodiscard]] SqliteResult<> make_room(std::int64_t now_ns, std::uint64_t bytes);
  [[nodiscard]] Result<> reopen();

  std::string path_;
  HistoryLimits limits_;
  std::optional<Sqlite> file_; // nothing where it was damaged and no new one could be made
  std::string notice_;
};

} // namespace linger::serve
