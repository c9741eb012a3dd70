// The allocations tier of memory: allocations that were sampled while requests were handled, and
// which of them have been freed since.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

/// An allocation that was sampled: each byte had the same chance, one in `interval_bytes`, and an
/// allocation is sampled when one of its bytes is.
struct Allocation {
  /// Of one trace. Several have the same where a block grew often: they are freed together.
  std::uint64_t id = 0;
  MonotonicTime time;
  std::uint32_t tid = 0;
  /// Request::sequence of the request that the thread handled.
  std::uint64_t request_sequence = 0;
  std::uint64_t bytes = 0;
  std::uint64_t interval_bytes = 0;
  /// The application's line, "shop/checkout.py:31 in charge". Empty when not known.
  std::string code;

  bool operator==(const Allocation &) const = default;
};

/// When a request has settled: what it allocated and is not freed by then is retained.
struct SettleRule {
  Nanos after = std::chrono::seconds{ 10 }; // its last response byte
  std::uint32_t requests = 20;              // more, on the same worker

  bool operator==(const SettleRule &) const = default;
};

/// How allocations are to be traced.
struct AllocationQuery {
  /// One byte in so many is sampled.
  std::uint64_t interval_bytes = 16384;
  SettleRule settle;
  /// Of one CPU, for each worker that is traced, over the whole window: 0 to 1.
  double budget_share = 0.02;

  bool operator==(const AllocationQuery &) const = default;
};

/// What was seen of one worker's allocations since the last time.
struct AllocationsSeen {
  /// Everything until then is in it.
  MonotonicTime time;
  std::uint32_t tgid = 0;
  /// Since when allocations and frees are seen, and until when; nothing while they still are.
  MonotonicTime begin;
  std::optional<MonotonicTime> allocations_end;
  std::optional<MonotonicTime> frees_end;
  SettleRule settle;
  std::vector<Allocation> allocations;
  std::vector<std::uint64_t> freed; // ids
  /// Since `begin`, of all workers that are traced together: how often they were interrupted, and
  /// what that took of their time.
  std::uint64_t hits = 0;
  Nanos cost{};
  /// Why something was not seen; empty when there is no reason.
  std::string gap;

  bool operator==(const AllocationsSeen &) const = default;
};

/// How many bytes a sampled allocation stands for, itself included.
[[nodiscard]] double represented_bytes(const Allocation &allocation);
/// How many allocations of its size.
[[nodiscard]] double represented_count(const Allocation &allocation);

/// Bounds of a sum of represented bytes that hold with the probability `1 - error`: `variance` is
/// the sum of each allocation's (see sampling_variance()), `interval_bytes` the most that one
/// allocation can stand for without having been certain to be sampled.
struct Bounds {
  double low = 0;
  double high = 0;
};
[[nodiscard]] Bounds sampled_sum_bounds(double sum_bytes, double variance, double interval_bytes,
                                        double error);
[[nodiscard]] double sampling_variance(const Allocation &allocation);

} // namespace linger::domain
