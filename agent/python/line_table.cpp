#include "python/line_table.h"

#include <limits>

namespace linger::python {
namespace {

constexpr std::int64_t most_lines = std::numeric_limits<std::int32_t>::max();

std::uint8_t byte_at(std::span<const std::byte> table, std::size_t at)
{
  return std::to_integer<std::uint8_t>(table[at]);
}

std::optional<std::int32_t> checked(std::int64_t line)
{
  if (line < 0 || line > most_lines)
    return std::nullopt;
  return static_cast<std::int32_t>(line);
}

/// Pairs: instruction bytes (unsigned), lines (signed) to go on from there. The bytes come first:
/// the lines are those after the step.
std::optional<std::int32_t> line_in_lnotab(std::span<const std::byte> table,
                                           std::int32_t first_line, std::uint32_t instruction)
{
  std::int64_t line = first_line;
  std::uint64_t address = 0;
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    address += byte_at(table, at);
    if (address > instruction)
      break;
    line += static_cast<std::int8_t>(byte_at(table, at + 1));
  }
  return checked(line);
}

/// Pairs: instruction bytes (unsigned) of a range, lines (signed) from the range before. -128: the
/// range has no line, and the count goes on where it was.
std::optional<std::int32_t> line_in_ranges(std::span<const std::byte> table,
                                           std::int32_t first_line, std::uint32_t instruction)
{
  constexpr std::int8_t no_line = -128;
  std::int64_t line = first_line;
  std::uint64_t end = 0;
  for (std::size_t at = 0; at + 1 < table.size(); at += 2) {
    end += byte_at(table, at);
    const auto step = static_cast<std::int8_t>(byte_at(table, at + 1));
    if (step != no_line)
      line += step;
    if (instruction < end)
      return step == no_line ? std::nullopt : checked(line);
  }
  return std::nullopt;
}

/// Reads the location table of PEP 657.
class Locations {
public:
  explicit Locations(std::span<const std::byte> table) : table_(table) {}

  [[nodiscard]] bool at_end() const { return at_ >= table_.size(); }

  std::uint8_t byte() { return at_end() ? fail() : byte_at(table_, at_++); }

  /// Six bits a byte, the lowest first; 0x40 says that more follow.
  std::uint64_t variable()
  {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 6) {
      const std::uint8_t next = byte();
      value |= static_cast<std::uint64_t>(next & 0x3fU) << shift;
      if ((next & 0x40U) == 0)
        return value;
    }
    fail();
    return 0;
  }

  /// The lowest bit is the sign.
  std::int64_t signed_variable()
  {
    const std::uint64_t value = variable();
    const auto magnitude = static_cast<std::int64_t>(value >> 1);
    return (value & 1) != 0 ? -magnitude : magnitude;
  }

  void skip(unsigned count)
  {
    for (; count > 0; --count)
      (void)byte();
  }

  [[nodiscard]] bool failed() const { return failed_; }

private:
  std::uint8_t fail()
  {
    failed_ = true;
    return 0;
  }

  std::span<const std::byte> table_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

enum : unsigned { one_line_short = 10, no_columns = 13, long_form = 14, no_location = 15 };

/// What an entry of this code adds to the line; what follows it is read.
std::int64_t line_step(Locations &entries, unsigned code)
{
  if (code == no_location)
    return 0;
  if (code < one_line_short) {
    entries.skip(1);
    return 0;
  }
  if (code < no_columns) {
    entries.skip(2);
    return code - one_line_short;
  }
  const std::int64_t step = entries.signed_variable();
  if (code == long_form) {
    for (int field = 0; field < 3; ++field)
      (void)entries.variable();
  }
  return step;
}

std::optional<std::int32_t> line_in_locations(std::span<const std::byte> table,
                                              std::int32_t first_line, std::uint32_t instruction)
{
  constexpr unsigned unit_bytes = 2;
  Locations entries(table);
  std::int64_t line = first_line;
  std::uint64_t end = 0;
  while (!entries.at_end()) {
    const std::uint8_t head = entries.byte();
    if ((head & 0x80U) == 0)
      return std::nullopt;
    const unsigned code = (head >> 3U) & 15U;
    end += ((head & 7U) + 1ULL) * unit_bytes;
    const std::int64_t step = line_step(entries, code);
    if (entries.failed() || step > most_lines || step < -most_lines)
      return std::nullopt;
    line += step;
    if (line > most_lines || line < -most_lines)
      return std::nullopt;
    if (instruction < end)
      return code == no_location ? std::nullopt : checked(line);
  }
  return std::nullopt;
}

} // namespace

std::optional<std::int32_t> line_of(LineTable format, std::span<const std::byte> table,
                                    std::int32_t first_line, std::uint32_t instruction_bytes)
{
  switch (format) {
    case LineTable::lnotab:
      return line_in_lnotab(table, first_line, instruction_bytes);
    case LineTable::ranges:
      return line_in_ranges(table, first_line, instruction_bytes);
    case LineTable::locations:
      return line_in_locations(table, first_line, instruction_bytes);
  }
  return std::nullopt;
}

} // namespace linger::python
