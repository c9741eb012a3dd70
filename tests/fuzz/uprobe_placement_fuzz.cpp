// The begins of functions: a place is inside of the bytes, and on an instruction that is emulated.

#include "fuzz/property.h"
#include "kernel/uprobe_placement.h"

using namespace linger;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const auto code = bytes_of(text_of(data, size));
  std::uint64_t before = 0;
  for (const unsigned arguments : { 0U, 1U, 2U, 3U }) {
    const auto placed = kernel::place_uprobe("it", code, { .arguments = arguments });
    if (!placed) {
      must(placed.error().kind == Error::Kind::not_supported, "what has no place is called so");
      before = ~0ULL;
      continue;
    }
    must(placed->offset < size, "a place is inside");
    must(kernel::is_emulated(code.subspan(placed->offset)),
         "a place is on an emulated instruction");
    must(placed->offset == before || arguments == 0, "more arguments never find another place");
    before = placed->offset;
  }
  return 0;
}
