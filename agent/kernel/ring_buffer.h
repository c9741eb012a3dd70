#pragma once

#include "base/result.h"

#include <algorithm>
#include <bpf/libbpf.h>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace linger::kernel {

/// Reads records out of one BPF ring buffer, on the thread that calls poll().
class RingBuffer {
public:
  using Handler = std::function<void(std::span<const std::byte> record)>;

  [[nodiscard]] static Result<RingBuffer> open(const bpf_map &map, Handler handler)
  {
    auto owned = std::make_unique<Handler>(std::move(handler));
    Owner ring{ ring_buffer__new(bpf_map__fd(&map), &deliver, owned.get(), nullptr) };
    if (!ring)
      return failed("open the ring buffer", errno);
    return RingBuffer{ std::move(owned), std::move(ring) };
  }

  /// Waits until the kernel side asks for attention, at most `timeout`, then hands over everything
  /// that is there, whether it asked or not. Returns how many records that were.
  [[nodiscard]] Result<int> poll(std::chrono::milliseconds timeout)
  {
    const int woken = ring_buffer__poll(ring_.get(), static_cast<int>(timeout.count()));
    if (woken < 0 && woken != -EINTR)
      return failed("wait for the ring buffer", woken);
    const int rest = ring_buffer__consume(ring_.get());
    if (rest < 0)
      return failed("read the ring buffer", rest);
    return std::max(woken, 0) + rest;
  }

private:
  struct Free {
    void operator()(ring_buffer *ring) const noexcept { ring_buffer__free(ring); }
  };
  using Owner = std::unique_ptr<ring_buffer, Free>;

  RingBuffer(std::unique_ptr<Handler> handler, Owner ring)
      : handler_(std::move(handler)), ring_(std::move(ring))
  {
  }

  static int deliver(void *handler, void *data, std::size_t size_bytes)
  {
    (*static_cast<Handler *>(handler))({ static_cast<const std::byte *>(data), size_bytes });
    return 0;
  }

  std::unique_ptr<Handler> handler_; // libbpf holds its address; must outlive ring_
  Owner ring_;
};

} // namespace linger::kernel
