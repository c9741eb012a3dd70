// Which process serves which server, and what became of it.

#pragma once

#include "domain/observation.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

/// Follows the members of the servers through ServersSeen and ProcessEvents. A child of a known
/// master is a worker at once; if it executes another program before a scan has seen it, it was
/// none. Not thread-safe.
class Roster {
public:
  /// What an observation changed, in the order in which the caller has to act on it.
  struct Change {
    enum class Kind {
      joined, // the process is a worker of `server` from now on
      left,   // it ended, for `reason`
      reused, // it ended unseen, and another process has its number now
    };
    Kind kind = Kind::joined;
    std::uint32_t tgid = 0;
    std::uint32_t server = 0;
    std::string reason;
    /// What is known of its end.
    std::optional<ProcessEvent> exit;
  };

  [[nodiscard]] std::vector<Change> add(const ServersSeen &seen);
  [[nodiscard]] std::vector<Change> add(const ProcessEvent &event);

  /// The master of a worker that lives or lived.
  [[nodiscard]] std::optional<std::uint32_t> server_of(std::uint32_t tgid) const;

  /// The caller has forgotten a worker that ended.
  void forget(std::uint32_t tgid) { members_.erase(tgid); }

  /// The caller has forgotten a server that is gone, and all its workers.
  void forget_server(std::uint32_t master);

  /// Every server seen and not forgotten, as it was seen last, by master_tgid.
  [[nodiscard]] const std::map<std::uint32_t, Server> &servers() const { return servers_; }

  /// Workers that were started in place of ones that ended.
  [[nodiscard]] std::uint32_t restarts(std::uint32_t server) const;

  /// 0 when no scan has seen it yet.
  [[nodiscard]] std::uint32_t threads(std::uint32_t tgid) const;

private:
  struct Member {
    std::uint32_t server = 0;
    std::uint64_t start_ticks = 0;
    std::uint32_t threads = 0;
    MonotonicTime joined;
    bool scanned = false;
    bool alive = true;
    /// Not alive only because a scan did not show it; the next one may.
    bool missed = false;
  };
  /// Since the first scan.
  struct Turnover {
    std::uint32_t started = 0;
    std::uint32_t ended = 0;
  };

  void join(std::uint32_t tgid, const Member &member, std::vector<Change> &changes);
  void leave(std::uint32_t tgid, Member &member, std::string reason, std::vector<Change> &changes,
             const std::optional<ProcessEvent> &exit = std::nullopt);
  void scan(const Server &server, MonotonicTime time, std::vector<Change> &changes);

  std::map<std::uint32_t, Server> servers_;
  std::map<std::uint32_t, Member> members_;
  std::map<std::uint32_t, Turnover> turnover_; // by server
};

} // namespace linger::domain
