// What grows in the heaps of some workers while a window is observed.

#pragma once

#include "base/result.h"
#include "domain/census.h"
#include "domain/server.h"
#include "python/retaining_path.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace linger::app {

using domain::HeapLook;

/// A type of which there is no object has no holders, and is no failure.
using LookAtHeap =
    std::function<Result<HeapLook>(std::uint32_t tgid, const std::vector<std::string> &paths_of)>;

/// A real look, from outside, while the worker runs on.
[[nodiscard]] Result<HeapLook> look_at_heap(std::uint32_t tgid,
                                            const std::vector<std::string> &paths_of,
                                            python::MissingType missing);
[[nodiscard]] LookAtHeap real_looks();

/// A master serves nothing, so its heap is not the one that is meant: usage, with its workers.
[[nodiscard]] Result<> check_is_worker(const domain::Server &server, std::uint32_t tgid);

/// The workers whose heaps are looked at: the first of each server, then the second of each, until
/// there are enough. Work is seldom shared out evenly, so one of a server is not enough.
[[nodiscard]] std::vector<std::uint32_t> canaries(const std::vector<domain::Server> &servers);

/// Compares heaps at the begin and the end of a window. In its middle it looks at what has grown by
/// then and who holds it, so that of the holders too only the growth is told: a worker has
/// thousands of dicts, and those that leak are not the most. A type that grew later, or a window
/// without a look at its middle, has no holders. Of what belongs to requests it tells all that is
/// there at the end. Each call takes as long as a census of each
/// worker, the middle one as two. Not thread-safe.
class HeapWatch {
public:
  static constexpr std::size_t most_workers = 4;
  static constexpr std::size_t most_types = 6;
  static constexpr std::size_t most_holders = 3;
  /// A type that has grown by less is not told.
  static constexpr std::int64_t min_bytes = 1024;
  static constexpr std::int64_t min_objects = 10;
  /// Nor is one that has grown by less than this part of the one that grew most.
  static constexpr std::int64_t least_part = 50;

  HeapWatch(std::vector<std::uint32_t> tgids, LookAtHeap look);

  void look_at_begin();
  void look_at_middle();
  /// One for each worker.
  [[nodiscard]] std::vector<domain::HeapGrowth> look_at_end();

private:
  struct Worker {
    std::uint32_t tgid = 0;
    std::optional<domain::Census> begin;
    std::vector<domain::Retainers> middle;
    std::string gap;
  };
  [[nodiscard]] domain::HeapGrowth growth_of(const Worker &worker) const;

  std::vector<Worker> workers_;
  LookAtHeap look_;
};

} // namespace linger::app
