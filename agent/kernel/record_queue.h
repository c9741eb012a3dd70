// Records that were taken from the kernel and wait to be read.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace linger::kernel {

/// Records of any length, in the order in which they came. Thread-safe; one thread at a time calls
/// hand_over(). A queue of equal slots would not do: records are of 24 bytes to 8 KiB, and most of
/// the time none wait. So it holds chunks, and no memory to speak of while it is empty.
class RecordQueue {
public:
  using Handler = std::function<void(std::span<const std::byte> record)>;

  /// It is full once `most_bytes` wait.
  explicit RecordQueue(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Takes a copy, in any case; false when it was the last that had room. Whoever goes on then
  /// makes the queue grow.
  [[nodiscard]] bool put(std::span<const std::byte> record);

  /// Waits until something is there, at most for `timeout`.
  void wait(std::chrono::milliseconds timeout);
  /// Waits until there is room; false when close() ended that.
  [[nodiscard]] bool wait_for_room();
  /// Nobody waits for room any more.
  void close();

  /// Hands over what is there at the moment of the call, without holding up those who put; how many
  /// records that were.
  int hand_over(const Handler &handler);

private:
  using Chunk = std::vector<std::byte>; // each record behind its length
  // So big that the C library gives it back to the system once it is read.
  static constexpr std::size_t chunk_bytes = 256 << 10;

  [[nodiscard]] std::optional<Chunk> take_first();

  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable made_room_;
  std::deque<Chunk> chunks_; // none of them is empty
  std::size_t waiting_bytes_ = 0;
  bool closed_ = false;
};

} // namespace linger::kernel
