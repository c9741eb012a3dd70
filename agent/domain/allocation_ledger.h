// What the requests of one server allocated and did not free.

#pragma once

#include "domain/allocation.h"
#include "domain/report.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linger::domain {

/// A whole request, as the ledger needs it.
struct LedgerRequest {
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  std::uint64_t sequence = 0;
  TimeWindow window;
  std::uint32_t endpoint = 0;
};

/// What the settled requests of one endpoint allocated and still hold.
struct RetainedEstimate {
  std::uint64_t requests = 0;
  double allocated_bytes = 0;
  double retained_bytes = 0;
  /// Of retained_bytes; those of all endpoints hold together with 95 %.
  Bounds bounds;
  /// Likewise of the requests that ended in the later half of the time, by themselves with 95 %.
  std::uint64_t late_requests = 0;
  Bounds late;
  /// By line; the most bytes first.
  std::vector<MemorySite> sites;
};

/// What the settled requests of one endpoint allocated at one line of one worker, and still hold of
/// it.
struct AllocationsAtLine {
  std::uint32_t endpoint = 0;
  std::uint32_t worker = 0;
  /// As in Allocation. Empty when not known.
  std::string code;
  double allocated_bytes = 0;
  double allocated_count = 0;
  double retained_bytes = 0;
  double retained_count = 0;
};

/// Bytes are conserved: what a request allocated is freed, or retained once the request has
/// settled, or the request has not settled and counts nowhere. What is freed later than that, while
/// it is still seen, is retained no more.
///
/// Memory is bounded: of each worker by the blocks that the kernel side follows (`max_blocks`) and
/// by the requests of the last `SettleRule::after`, at most `max_unsettled`; what is more counts as
/// not settled. Not thread-safe.
class AllocationLedger {
public:
  static constexpr std::size_t max_blocks = 65536;
  static constexpr std::size_t max_unsettled = 65536;
  static constexpr std::size_t max_open = 2 * max_unsettled;
  static constexpr std::size_t max_slices = 32;
  static constexpr std::size_t max_reported_sites = 16;
  /// Of more lines of endpoints of workers, further ones are summed up by endpoint.
  static constexpr std::size_t max_lines = 65536;

  void add(const AllocationsSeen &seen);
  void add(const LedgerRequest &request);
  /// The worker is gone, and another may get its number. What its settled requests held until then
  /// stays theirs.
  void forget(std::uint32_t tgid);

  /// By endpoint; those of which no request has settled are missing.
  [[nodiscard]] std::map<std::uint32_t, RetainedEstimate> estimates() const;

  /// What the settled requests allocated, by line. Not scaled to those that have not settled.
  [[nodiscard]] std::vector<AllocationsAtLine> lines() const;

  /// One for each worker that was traced, by tgid.
  [[nodiscard]] std::map<std::uint32_t, AllocationTrace> traces() const;

private:
  using RequestKey = std::pair<std::uint32_t, std::uint64_t>; // tid, sequence

  struct Block {
    double bytes = 0; // represented
    double count = 0;
    double variance = 0;
    std::uint32_t site = 0;
    // Once its request has settled.
    bool settled = false;
    std::uint32_t endpoint = 0;
    MonotonicTime request_end;
  };
  struct Taken {
    double bytes = 0; // represented
    double count = 0;
  };
  struct Open {
    std::vector<std::uint64_t> blocks;
    std::map<std::uint32_t, Taken> taken; // by site
  };
  struct LineKey {
    std::uint32_t endpoint = 0;
    std::uint32_t worker = 0;
    std::uint32_t site = 0;

    auto operator<=>(const LineKey &) const = default;
  };
  struct Unsettled {
    MonotonicTime end;
    std::uint32_t endpoint = 0;
    std::uint64_t ordinal = 0; // among the worker's requests
    RequestKey key;
  };
  struct Worker {
    AllocationsSeen latest;                // without its lists
    std::map<std::uint64_t, Block> blocks; // by id: those not freed
    // Of requests that have not settled. A request may become whole before its allocations are
    // told.
    std::map<RequestKey, Open> open;
    std::deque<Unsettled> unsettled; // in the order in which they became whole
    std::uint64_t requests = 0;
    AllocationTrace trace;
  };
  struct Endpoint {
    std::uint64_t requests = 0;
    double allocated_bytes = 0;
    std::vector<std::uint64_t> requests_by_slice;
  };

  void settle(Worker &worker);
  void add(Worker &worker, const Allocation &allocation);
  void count(Worker &worker, const Unsettled &request);
  [[nodiscard]] Taken &taken_at(LineKey line);
  [[nodiscard]] std::uint32_t site_of(const std::string &code);
  [[nodiscard]] std::size_t slice_of(MonotonicTime time) const;
  void widen_slices(MonotonicTime time);

  std::map<std::uint32_t, Worker> workers_; // by tgid
  std::vector<Worker> gone_;
  std::map<std::uint32_t, Endpoint> endpoints_;
  std::map<LineKey, Taken> taken_; // by settled requests
  std::vector<std::string> sites_;
  std::map<std::string, std::uint32_t> site_ids_;
  std::optional<MonotonicTime> origin_;
  MonotonicTime last_settled_;
  Nanos slice_length_ = std::chrono::seconds{ 1 };
};

} // namespace linger::domain
