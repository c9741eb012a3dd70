#include "app/own_memory.h"

#include <cstddef>
#include <malloc.h>

namespace linger::app {

void share_heaps()
{
  constexpr int most_heaps = 2;
  ::mallopt(M_ARENA_MAX, most_heaps);
}

void give_back_memory()
{
  constexpr std::size_t much_bytes = 16U << 20;
  if (::mallinfo2().fordblks > much_bytes)
    ::malloc_trim(0);
}

} // namespace linger::app
