#include "kernel/record_queue.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace linger::kernel {
namespace {

using Length = std::uint32_t;

} // namespace

bool RecordQueue::put(std::span<const std::byte> record)
{
  const auto length = static_cast<Length>(record.size());
  const std::size_t needed_bytes = sizeof length + record.size();
  const std::scoped_lock lock{ mutex_ };
  if (chunks_.empty() || chunks_.back().size() + needed_bytes > chunks_.back().capacity()) {
    chunks_.emplace_back();
    chunks_.back().reserve(std::max(chunk_bytes, needed_bytes));
  }
  Chunk &chunk = chunks_.back();
  const auto length_bytes = std::as_bytes(std::span(&length, 1));
  chunk.insert(chunk.end(), length_bytes.begin(), length_bytes.end());
  chunk.insert(chunk.end(), record.begin(), record.end());
  const bool was_empty = waiting_bytes_ == 0;
  waiting_bytes_ += needed_bytes;
  if (was_empty)
    arrived_.notify_one();
  return waiting_bytes_ < most_bytes_;
}

void RecordQueue::wait(std::chrono::milliseconds timeout)
{
  std::unique_lock lock{ mutex_ };
  arrived_.wait_for(lock, timeout, [this] { return waiting_bytes_ != 0; });
}

bool RecordQueue::wait_for_room()
{
  std::unique_lock lock{ mutex_ };
  made_room_.wait(lock, [this] { return closed_ || waiting_bytes_ < most_bytes_; });
  return !closed_;
}

void RecordQueue::close()
{
  const std::scoped_lock lock{ mutex_ };
  closed_ = true;
  made_room_.notify_all();
}

std::optional<RecordQueue::Chunk> RecordQueue::take_first()
{
  const std::scoped_lock lock{ mutex_ };
  if (chunks_.empty())
    return std::nullopt;
  Chunk first = std::move(chunks_.front());
  chunks_.pop_front();
  waiting_bytes_ -= first.size();
  made_room_.notify_all();
  return first;
}

int RecordQueue::hand_over(const Handler &handler)
{
  std::unique_lock lock{ mutex_ };
  std::size_t chunks_left = chunks_.size();
  lock.unlock();

  int count = 0;
  for (; chunks_left > 0; --chunks_left) {
    const std::optional<Chunk> chunk = take_first();
    if (!chunk)
      break;
    std::span<const std::byte> rest{ *chunk };
    while (!rest.empty()) {
      Length length = 0;
      std::memcpy(&length, rest.data(), sizeof length);
      handler(rest.subspan(sizeof length, length));
      rest = rest.subspan(sizeof length + length);
      ++count;
    }
  }
  return count;
}

} // namespace linger::kernel
