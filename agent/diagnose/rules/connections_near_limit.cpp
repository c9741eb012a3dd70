#include "diagnose/cite.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Finding;
using domain::PeerReport;
using domain::Severity;
using domain::WorkerReport;

/// A database, and what the server's workers hold of it.
struct Database {
  domain::Peer peer;
  std::uint64_t limit = 0;
  /// From all of its clients; 0 when not known.
  std::uint64_t taken = 0;
  std::uint64_t own = 0;
  std::uint64_t most_of_one = 0;
  std::vector<std::uint32_t> workers;

  [[nodiscard]] std::uint64_t known_taken() const { return std::max(taken, own); }
};

/// By address.
std::map<std::string, Database> databases_of(const ServerLoad &load)
{
  std::map<std::string, Database> databases;
  for (const WorkerReport &worker : load.server->workers) {
    for (const PeerReport &peer : worker.connections) {
      if (peer.peer.cause != Cause::database)
        continue;
      Database &database = databases[peer.peer.address];
      database.peer = peer.peer;
      database.limit = std::max(database.limit, peer.limit);
      database.taken = std::max(database.taken, peer.most_taken);
      if (worker.state == domain::WorkerState::exited || peer.open == 0)
        continue;
      database.own += peer.open;
      database.most_of_one = std::max(database.most_of_one, peer.open);
      database.workers.push_back(worker.tgid);
    }
  }
  return databases;
}

std::string remedy_for(const Database &database, const ServerLoad &load)
{
  // Its own pools are to blame where they hold most of what is taken.
  if (2 * database.own < database.known_taken())
    return "Most of them belong to others: see who holds them (PostgreSQL: SELECT usename, "
           "application_name, client_addr, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3), or "
           "put a pooler (PgBouncer) between the database and its clients.";
  return fmt::format(
      "Let each worker hold fewer: {} workers may have {} each, with SQLAlchemy pool_size + "
      "max_overflow, if half of what the database takes is for this server. Where more are needed "
      "at once, put a pooler in between (PgBouncer, transaction pooling); a higher "
      "max_connections costs memory for each.",
      load.workers,
      std::max<std::uint64_t>(1, database.limit / 2 / std::max<std::uint64_t>(1, load.workers)));
}

Finding finding_for(const Database &database, const ServerLoad &load)
{
  const std::uint64_t taken = database.known_taken();
  Finding finding = finding_of("connections-near-limit", load.server->server.master_tgid, "");
  finding.id += database.peer.address;
  finding.severity = taken >= database.limit ? Severity::critical : Severity::warning;
  const std::string name = database.peer.name.empty()
                               ? database.peer.address
                               : fmt::format("{} ({})", database.peer.address, database.peer.name);
  finding.title =
      fmt::format("{} of the {} connections that {} takes are taken", taken, database.limit, name);
  finding.detail = fmt::format(
      "{} of them belong to this server's workers, {} at most to one of them. {}", database.own,
      database.most_of_one,
      taken >= database.limit
          ? "Who asks for one more is turned away."
          : "When they are all taken, who asks for one more is turned away: a new worker, a "
            "thread that begins, a migration.");
  finding.remedy = remedy_for(database, load);
  finding.workers = database.workers;
  cite_count(finding, "taken at " + database.peer.address, static_cast<double>(taken),
             "connections");
  cite_count(finding, "taken by this server's workers", static_cast<double>(database.own),
             "connections");
  cite_count(finding, "limit for ordinary clients", static_cast<double>(database.limit),
             "connections");
  return finding;
}

} // namespace

std::vector<Finding> connections_near_limit(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  for (auto &[address, database] : databases_of(load)) {
    if (database.limit == 0)
      database.limit = thresholds.connections_limit;
    if (database.limit > 0 &&
        static_cast<double>(database.known_taken()) >=
            thresholds.connections_min_ratio * static_cast<double>(database.limit))
      findings.push_back(finding_for(database, load));
  }
  return findings;
}

} // namespace linger::diagnose
