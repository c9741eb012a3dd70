// Takes the census of one worker from outside.

#pragma once

#include "base/function_ref.h"
#include "base/result.h"
#include "domain/census.h"
#include "python/process_heap.h"
#include "python/retaining_path.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace linger::python {

struct CensusOptions {
  /// The most that is held of the worker's memory at a time. A larger heap is read in parts, for
  /// as long as the walk takes.
  std::size_t copy_limit_bytes = std::size_t{ 256 } * 1024 * 1024;
  /// How often a copy is thrown away because the worker did something meanwhile.
  std::uint32_t attempts = 40;
  /// Of these, how many of the last may be counted whatever the worker did, and how many are.
  std::uint32_t last_attempts = 12;
  std::uint32_t busy_counts = 3;
  /// How long an attempt waits for the worker to be idle.
  std::chrono::milliseconds patience{ 100 };
  /// How long the worker may be stopped, once it was not idle `attempts_before_pause` times. Zero:
  /// never.
  std::chrono::milliseconds may_pause{};
  std::uint32_t attempts_before_pause = 3;
  /// Types whose holders are looked for.
  std::vector<std::string> paths_of;
  MissingType missing = MissingType::refused;
};

struct TakenCensus {
  domain::Census census;
  std::vector<domain::Retainers> retainers;
};

/// Not thread-safe.
class CensusTaker {
public:
  /// not_found when the process runs no CPython, not_supported when that is one we cannot read.
  [[nodiscard]] static Result<CensusTaker> open(const std::filesystem::path &proc,
                                                std::uint32_t tgid);

  /// Copies the heap while the worker is idle, counts it. Where the worker is never idle the count
  /// says how far it may be off. not_found when the process ends, exhausted when its heap never
  /// held still for long enough to be walked. `progress` hears of each attempt before it begins.
  [[nodiscard]] Result<TakenCensus> take(const CensusOptions &options,
                                         FunctionRef<void(std::uint32_t attempt)> progress) const;

private:
  CensusTaker(std::filesystem::path proc, std::uint32_t tgid, ProcessHeap heap)
      : proc_(std::move(proc)), tgid_(tgid), heap_(std::move(heap))
  {
  }

  struct Attempt {
    std::optional<TakenCensus> taken; // nullopt: not idle, not counted
  };
  enum class Mode { when_idle, paused, whatever };
  [[nodiscard]] Result<Attempt> attempt(const CensusOptions &options, Mode mode) const;

  std::filesystem::path proc_;
  std::uint32_t tgid_;
  ProcessHeap heap_;
};

} // namespace linger::python
