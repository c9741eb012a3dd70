#include "python/heap_text.h"

#include "python/text.h"

namespace linger::python {
namespace {

constexpr std::uint64_t longest_name = 512;

} // namespace

std::string heap_text(HeapCopy &copy, const HeapLayout &layout, std::uint64_t address)
{
  const auto length = copy.value<std::uint64_t>(address + unicode_length);
  const auto state = copy.value<std::uint32_t>(address + unicode_state);
  if (!length || !state || *length > longest_name || (*state & 0x20U) == 0)
    return {};
  const unsigned character_bytes = (*state >> 2U) & 7U;
  if (character_bytes != 1 && character_bytes != 2 && character_bytes != 4)
    return {};
  const bool ascii = (*state & 0x40U) != 0;
  const auto text = copy.view(address + (ascii ? layout.ascii_text : layout.unicode_text),
                              *length * character_bytes);
  return utf8_of(text, character_bytes);
}

} // namespace linger::python
