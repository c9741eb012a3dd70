// Tables written by hand after the formats' descriptions in CPython's Objects/lnotab_notes.txt (3.8
// to 3.10) and Objects/locations.md (3.11 and newer).

#include "python/line_table.h"

#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace linger::python {
namespace {

std::optional<std::int32_t> line(LineTable format, std::initializer_list<int> bytes,
                                 std::int32_t first_line, std::uint32_t instruction)
{
  std::vector<std::byte> table;
  for (const int byte : bytes)
    table.push_back(static_cast<std::byte>(byte & 0xff));
  return line_of(format, table, first_line, instruction);
}

// def f():        # line 10
//     a = 1       # 11, bytes 0 to 3
//     b = 2       # 12, bytes 4 to 7
TEST(Lnotab, AddsTheLinesOfEveryStepUpToTheInstruction)
{
  const auto at = [](std::uint32_t instruction) {
    return line(LineTable::lnotab, { 0, 1, 4, 1 }, 10, instruction);
  };
  EXPECT_EQ(at(0), 11);
  EXPECT_EQ(at(3), 11);
  EXPECT_EQ(at(4), 12);
  EXPECT_EQ(at(100), 12); // the last step has no end
}

TEST(Lnotab, GoesBackWhereALoopDoes)
{
  EXPECT_EQ(line(LineTable::lnotab, { 0, 1, 8, 3, 6, -2 }, 10, 14), 12);
}

TEST(Lnotab, SplitsStepsThatDoNotFitIntoAByte)
{
  // 300 bytes and 200 lines further.
  EXPECT_EQ(line(LineTable::lnotab, { 255, 0, 45, 127, 0, 73 }, 1, 300), 201);
  EXPECT_EQ(line(LineTable::lnotab, { 255, 0, 45, 127, 0, 73 }, 1, 299), 1);
}

TEST(Lnotab, OfNothingIsTheFirstLine)
{
  EXPECT_EQ(line(LineTable::lnotab, {}, 7, 50), 7);
  EXPECT_EQ(line(LineTable::lnotab, { 3 }, 7, 50), 7);
}

TEST(Ranges, GiveEachRangeItsLine)
{
  const auto at = [](std::uint32_t instruction) {
    return line(LineTable::ranges, { 4, 1, 4, 1, 6, -128, 2, -1 }, 10, instruction);
  };
  EXPECT_EQ(at(0), 11);
  EXPECT_EQ(at(4), 12);
  EXPECT_EQ(at(8), std::nullopt); // generated code of no line
  EXPECT_EQ(at(13), std::nullopt);
  EXPECT_EQ(at(14), 11); // counted on from the last line there was
  EXPECT_EQ(at(16), std::nullopt);
}

TEST(Ranges, CountEmptyOnes)
{
  EXPECT_EQ(line(LineTable::ranges, { 0, 100, 0, 100, 2, 5 }, 1, 0), 206);
}

constexpr int entry(int code, int units)
{
  return 0x80 | (code << 3) | (units - 1);
}

TEST(Locations, KnowEveryFormOfAnEntry)
{
  const std::initializer_list<int> table{
    entry(0, 1),  0x12,             // short form: the same line
    entry(11, 2), 0x04, 0x09,       // one line on, with columns
    entry(13, 1), 0x05,             // svarint: 2 back
    entry(14, 1), 0x06, 0,    1, 2, // svarint: 3 on; the end's line and the columns
    entry(15, 3),                   // no location
    entry(12, 1), 0,    0,          // two lines on
  };
  const auto at = [&table](std::uint32_t unit) {
    return line(LineTable::locations, table, 20, unit * 2);
  };
  EXPECT_EQ(at(0), 20);
  EXPECT_EQ(at(1), 21);
  EXPECT_EQ(at(2), 21);
  EXPECT_EQ(at(3), 19);
  EXPECT_EQ(at(4), 22);
  EXPECT_EQ(at(5), std::nullopt);
  EXPECT_EQ(at(7), std::nullopt);
  EXPECT_EQ(at(8), 24);
  EXPECT_EQ(at(9), std::nullopt);
}

TEST(Locations, ReadNumbersOfSeveralBytes)
{
  // 100 lines on: 200 as a varint is 0b001000 with more to follow, then 3.
  EXPECT_EQ(line(LineTable::locations, { entry(13, 1), 0x48, 0x03 }, 20, 0), 120);
}

TEST(Locations, RefuseWhatIsNone)
{
  EXPECT_EQ(line(LineTable::locations, { 0x12 }, 20, 0), std::nullopt) << "no entry begins so";
  EXPECT_EQ(line(LineTable::locations, { entry(13, 1) }, 20, 0), std::nullopt) << "cut short";
  EXPECT_EQ(line(LineTable::locations, { entry(13, 1), 0x40, 0x40 }, 20, 0), std::nullopt);
  EXPECT_EQ(
      line(LineTable::locations,
           { entry(13, 1), 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f },
           20, 0),
      std::nullopt)
      << "a number without end";
  EXPECT_EQ(line(LineTable::locations, { entry(13, 1), 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x3f }, 20, 0),
            std::nullopt)
      << "no file is so long";
  EXPECT_EQ(line(LineTable::locations, { entry(13, 1), 0x2b }, 20, 0), std::nullopt)
      << "a line in front of the first";
}

} // namespace
} // namespace linger::python
