// Line tables of CPython: whatever they hold, a line is one, and there is an end.

#include "fuzz/property.h"
#include "python/line_table.h"

using namespace linger;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  struct Head {
    std::int32_t first_line;
    std::uint16_t instruction;
    std::uint8_t format;
    std::uint8_t unused;
  };
  const auto head = record_from<Head>(data, size);
  const auto table = bytes_of(text_of(data, size)).subspan(std::min(size, sizeof(Head)));
  const auto format = static_cast<python::LineTable>(head.format % 3);
  const std::int32_t first_line = head.first_line & 0xffffff;

  const auto line = python::line_of(format, table, first_line, head.instruction);
  must(!line || *line >= 0, "a line is not negative");
  must(line == python::line_of(format, table, first_line, head.instruction), "and always the same");
  if (table.empty() && format == python::LineTable::lnotab)
    must(line == first_line, "a function on one line is on its first");
  // Code units have two bytes, and both are on one line from 3.11 on.
  if (format == python::LineTable::locations)
    must(line == python::line_of(format, table, first_line, head.instruction ^ 1U),
         "a code unit is on one line");
  return 0;
}
