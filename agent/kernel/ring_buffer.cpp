#include "kernel/ring_buffer.h"

#include "base/unique_fd.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <poll.h>
#include <span>
#include <sys/eventfd.h>
#include <thread>
#include <utility>

namespace linger::kernel {
namespace {

constexpr const char *waiting = "wait for the ring buffer";

} // namespace

/// Takes records out on its own thread, and on any other that asks for it.
class RingBuffer::Draining {
public:
  Draining(UniqueFd stop, std::size_t most_waiting_bytes)
      : queue_(most_waiting_bytes), stop_(std::move(stop))
  {
  }
  ~Draining()
  {
    queue_.close();
    const std::uint64_t once = 1;
    [[maybe_unused]] const ssize_t told = ::write(stop_.get(), &once, sizeof once);
  }
  Draining(const Draining &) = delete;
  Draining &operator=(const Draining &) = delete;

  [[nodiscard]] Result<> start(const bpf_map &map)
  {
    ring_.reset(ring_buffer__new(bpf_map__fd(&map), &put, &queue_, nullptr));
    if (!ring_)
      return failed("open the ring buffer", errno);
    thread_ = std::jthread{ [this] { drain(); } };
    return {};
  }

  [[nodiscard]] RecordQueue &queue() { return queue_; }

  /// Why the thread has ended; 0 while it runs.
  [[nodiscard]] int failure_errno() const { return failure_errno_; }

  enum class Left { nothing, something };
  /// Moves into the queue what the ring buffer holds, or as much as has room.
  Left take()
  {
    const std::scoped_lock lock{ taking_ };
    return ring_buffer__consume(ring_.get()) < 0 ? Left::something : Left::nothing;
  }

private:
  struct Free {
    void operator()(ring_buffer *ring) const noexcept { ring_buffer__free(ring); }
  };

  /// libbpf stops at a negative answer, behind the record that was answered so.
  static int put(void *queue, void *data, std::size_t size_bytes)
  {
    const std::span record{ static_cast<const std::byte *>(data), size_bytes };
    return static_cast<RecordQueue *>(queue)->put(record) ? 0 : -ENOBUFS;
  }

  void drain()
  {
    std::array<pollfd, 2> awaited{ { { ring_buffer__epoll_fd(ring_.get()), POLLIN, 0 },
                                     { stop_.get(), POLLIN, 0 } } };
    while (queue_.wait_for_room()) {
      if (::poll(awaited.data(), awaited.size(), -1) < 0) {
        if (errno == EINTR)
          continue;
        failure_errno_ = errno;
        return;
      }
      (void)take(); // what is left has its turn once there is room
    }
  }

  RecordQueue queue_;
  UniqueFd stop_;
  std::mutex taking_; // held while libbpf reads the ring buffer
  std::unique_ptr<ring_buffer, Free> ring_;
  std::atomic<int> failure_errno_ = 0;
  std::jthread thread_; // last: it uses the others
};

Result<RingBuffer> RingBuffer::open(const bpf_map &map, std::size_t most_waiting_bytes,
                                    Handler handler)
{
  UniqueFd stop{ ::eventfd(0, EFD_CLOEXEC) };
  if (!stop)
    return failed("open the ring buffer", errno);
  const std::size_t most_bytes =
      std::max<std::size_t>(most_waiting_bytes, bpf_map__max_entries(&map));
  auto draining = std::make_unique<Draining>(std::move(stop), most_bytes);
  if (const Result<> started = draining->start(map); !started)
    return tl::unexpected(started.error());
  return RingBuffer{ std::move(draining), std::move(handler) };
}

RingBuffer::RingBuffer(std::unique_ptr<Draining> draining, Handler handler)
    : draining_(std::move(draining)), handler_(std::move(handler))
{
}
RingBuffer::~RingBuffer() = default;
RingBuffer::RingBuffer(RingBuffer &&) noexcept = default;
RingBuffer &RingBuffer::operator=(RingBuffer &&) noexcept = default;

Result<int> RingBuffer::poll(std::chrono::milliseconds timeout)
{
  if (timeout.count() > 0)
    draining_->queue().wait(timeout);
  if (const int why = draining_->failure_errno())
    return failed(waiting, why);
  const Draining::Left left = draining_->take();
  int count = draining_->queue().hand_over(handler_);
  // An empty queue has room for the whole ring buffer, so now nothing is missing.
  if (left == Draining::Left::something) {
    (void)draining_->take();
    count += draining_->queue().hand_over(handler_);
  }
  return count;
}

} // namespace linger::kernel
