#include "app/own_memory.h"

#include <cstddef>
#include <malloc.h>

namespace linger::app {

void share_heaps()
{
  constexpr int most_heaps = 2;
  ::mallopt(M_ARENA_MAX, most_heaps);
  // Left alone, the C library raises the bound to the largest block that was ever freed, and then
  // keeps in a heap what stood between others.
  constexpr int alone_bytes = 128 << 10;
  ::mallopt(M_MMAP_THRESHOLD, alone_bytes);
}

void give_back_memory()
{
  constexpr std::size_t much_bytes = 16U << 20;
  if (::mallinfo2().fordblks > much_bytes)
    ::malloc_trim(0);
}

} // namespace linger::app
