// memory.max, memory.limit_in_bytes and memory.stat.

#include "discover/memory_limit.h"
#include "fuzz/property.h"

using namespace linger::discover;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  if (const auto limit = limit_in_memory_max(text)) {
    must(*limit < (1ULL << 62U), "differences of limits stay in 64 bits");
    must(text.find_first_of("0123456789") == 0, "a limit is a number");
  }
  must(inactive_file_bytes_in(text) == 0 || text.find("inactive_file") != text.npos,
       "what is counted is told");
  return 0;
}
