#include "python/heap_copy.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <sys/mman.h>

namespace linger::python {
namespace {

/// Pages that are touched only when they are filled.
std::byte *mapped(std::size_t bytes)
{
  void *room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED)
    throw std::bad_alloc{};
  ::madvise(room, bytes, MADV_HUGEPAGE); // a wish; fewer faults
  return static_cast<std::byte *>(room);
}

} // namespace

void HeapCopy::Unmap::operator()(std::byte *room) const
{
  ::munmap(room, bytes);
}

HeapCopy::HeapCopy(const Memory &source, const AddressSpace &space, std::size_t limit_bytes)
    : source_(source), space_(space),
      // Two at least: a value may lie across two blocks.
      capacity_(std::max<std::size_t>(limit_bytes / AddressSpace::block_bytes, 2)),
      room_(mapped(capacity_ * AddressSpace::block_bytes),
            Unmap{ capacity_ * AddressSpace::block_bytes }),
      frames_(space.blocks(), absent)
{
}

void HeapCopy::copy_ahead(const Resident &resident)
{
  for (std::size_t block = 0; block < space_.blocks() && owners_.size() < capacity_; ++block) {
    const auto told = space_.block(block);
    if (told.own && resident(told))
      static_cast<void>(frame_of(block));
    else if (told.own)
      frames_[block] = empty;
  }
  late_blocks_ = 0;
}

const std::byte *HeapCopy::filled(std::size_t block)
{
  const AddressSpace::Block told = space_.block(block);
  const bool late = told.own && frames_[block] != empty;
  const std::size_t frame = free_frame();
  std::byte *bytes = frame_bytes(frame);
  if (!source_.read(told.begin, { bytes, told.bytes })) {
    frames_[block] = unreadable;
    return nullptr;
  }
  frames_[block] = static_cast<std::int32_t>(frame);
  owners_[frame] = block;
  used_[frame] = 1;
  late_blocks_ += late ? 1 : 0;
  read_bytes_ += told.bytes;
  return bytes;
}

std::size_t HeapCopy::free_frame()
{
  if (owners_.size() < capacity_) {
    owners_.push_back(no_block);
    used_.push_back(0);
    return owners_.size() - 1;
  }
  while (used_[hand_] != 0) {
    used_[hand_] = 0;
    hand_ = (hand_ + 1) % capacity_;
  }
  const std::size_t frame = hand_;
  hand_ = (hand_ + 1) % capacity_;
  if (owners_[frame] != no_block)
    frames_[owners_[frame]] = absent;
  owners_[frame] = no_block;
  return frame;
}

std::span<const std::byte> HeapCopy::pieced(std::uint64_t address, std::size_t bytes)
{
  assert(bytes <= most_view_bytes);
  const std::span<std::byte> pieces{ pieces_.data(), bytes };
  for (std::size_t done = 0; done < bytes;) {
    const auto place = space_.locate(address + done);
    if (!place)
      return {};
    const std::size_t piece = std::min<std::size_t>(bytes - done, place->bytes);
    if (const std::byte *frame = frame_of(place->block))
      std::memcpy(pieces.data() + done, frame + place->offset, piece);
    else if (!source_.read(address + done, pieces.subspan(done, piece)))
      return {};
    done += piece;
  }
  return pieces;
}

} // namespace linger::python
