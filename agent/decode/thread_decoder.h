#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace linger::decode {

/// A thread's state and its whole ledger, which adds up to its life under observation.
struct Thread {
  domain::ThreadSample sample;
  /// That of its open request.
  bool connection_closed = false;
  domain::TimeWindow life;
  domain::CauseTimes ledger;
  /// By which its Python stack is found.
  std::uint64_t thread_pointer = 0;
  /// Sockets that its request has asked something on, by the kernel's address and own port.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
};

/// Turns the bytes of a struct thread_record into a thread. Fails as `malformed` when size, cause
/// or times are impossible. The sample's time is for the caller to fill in.
[[nodiscard]] Result<Thread> decode_thread(std::span<const std::byte> record);

} // namespace linger::decode
