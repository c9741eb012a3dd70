#include "python/debug_offsets.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace linger::python {
namespace {

class Table {
public:
  explicit Table(std::uint32_t version)
  {
    std::memcpy(bytes_.data(), "xdebugpy", 8);
    put(8, version);
  }

  Table &put(std::size_t position, std::uint64_t value)
  {
    std::memcpy(bytes_.data() + position, &value, sizeof value);
    return *this;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

private:
  std::vector<std::byte> bytes_ = std::vector<std::byte>(debug_offsets_bytes);
};

TEST(DebugOffsets, OfThirteenReplaceTheTables)
{
  const Table table = Table(0x030d00f0).put(40, 700).put(184, 80).put(264, 71).put(344, 208);
  const auto layout = with_debug_offsets(*layout_of({ 3, 13 }), table.bytes());
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->runtime_interpreters_head, 700);
  EXPECT_EQ(layout->thread_frame, 80);
  EXPECT_EQ(layout->frame_owner, 71);
  EXPECT_EQ(layout->code_instructions, 208);
  EXPECT_EQ(layout->runtime_slot_key, 2164) << "the table says nothing of it";
}

TEST(DebugOffsets, OfFourteenStandElsewhere)
{
  const Table table = Table(0x030e0af0).put(208, 80).put(288, 75).put(120, 24);
  const auto layout = with_debug_offsets(*layout_of({ 3, 14 }), table.bytes());
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->thread_frame, 80);
  EXPECT_EQ(layout->frame_owner, 75);
  EXPECT_EQ(layout->interpreter_gil, 24);
}

TEST(DebugOffsets, AreRefusedWhenTheyCannotBe)
{
  const Layout layout = *layout_of({ 3, 13 });
  EXPECT_FALSE(with_debug_offsets(layout, Table(0x030e00f0).bytes())) << "another version";
  EXPECT_FALSE(with_debug_offsets(layout, Table(0x030d00f0).put(0, 0).bytes())) << "no table";
  EXPECT_FALSE(with_debug_offsets(layout, Table(0x030d00f0).put(184, 1U << 20).bytes()));
  EXPECT_FALSE(with_debug_offsets(layout, Table(0x030d00f0).bytes().first(600)));

  const auto free_threaded = with_debug_offsets(layout, Table(0x030d00f0).put(16, 1).bytes());
  ASSERT_FALSE(free_threaded);
  EXPECT_EQ(free_threaded.error().kind, Error::Kind::not_supported);
}

} // namespace
} // namespace linger::python
