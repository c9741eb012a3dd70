// What a BPF ring buffer holds, for one who reads it, but not always in time.

#pragma once

#include "base/result.h"
#include "kernel/record_queue.h"

#include <bpf/libbpf.h>
#include <chrono>
#include <cstddef>
#include <memory>

namespace linger::kernel {

/// Reads records out of one BPF ring buffer, on the thread that calls poll(). That one has more to
/// do, and on a busy node is kept from it for seconds: a thread of the ring buffer's own takes the
/// records out as soon as the kernel side asks for attention, and lets them wait in a queue. Once
/// that is full they stay where they are, so the kernel side counts what is lost, by kind. Not
/// thread-safe.
class RingBuffer {
public:
  using Handler = RecordQueue::Handler;

  /// At most `most_waiting_bytes` wait in the queue, no less than the ring buffer has room for.
  [[nodiscard]] static Result<RingBuffer> open(const bpf_map &map, std::size_t most_waiting_bytes,
                                               Handler handler);
  ~RingBuffer();
  RingBuffer(RingBuffer &&) noexcept;
  RingBuffer &operator=(RingBuffer &&) noexcept;

  /// Waits until the kernel side asks for attention, at most `timeout`, then hands over everything
  /// that was there at that moment, whether it asked or not. Returns how many records that were.
  [[nodiscard]] Result<int> poll(std::chrono::milliseconds timeout);

private:
  class Draining;
  RingBuffer(std::unique_ptr<Draining> draining, Handler handler);

  std::unique_ptr<Draining> draining_;
  Handler handler_;
};

} // namespace linger::kernel
