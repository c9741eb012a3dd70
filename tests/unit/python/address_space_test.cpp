#include "python/address_space.h"
#include "python/heap_copy.h"
#include "python/object_set.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t block = AddressSpace::block_bytes;

/// Every byte is its address's lowest one but one; what lies at `hole` cannot be read.
class Pattern final : public Memory {
public:
  [[nodiscard]] Result<> read(std::uint64_t address, std::span<std::byte> out) const override
  {
    ++reads;
    if (address <= hole && hole < address + out.size())
      return failure(Error::Kind::not_found, "a hole");
    for (std::byte &byte : out)
      byte = static_cast<std::byte>(address++ >> 8U);
    return {};
  }

  std::uint64_t hole = ~std::uint64_t{ 0 };
  mutable int reads = 0;
};

TEST(Regions, AreWhatCanBeRead)
{
  const auto regions = regions_in("1000-3000 rw-p 00000000 00:00 0 \n"
                                  "3000-4000 ---p 00000000 00:00 0 \n"
                                  "5000-6000 r--p 00000000 fe:00 12   /usr/bin/python3.11\n"
                                  "6000-7000 rw-s 00000000 00:01 7    /dev/shm/x\n"
                                  "7000-8000 r--p 00000000 00:00 0    [vvar]\n");
  ASSERT_EQ(regions.size(), 3U);
  EXPECT_EQ(regions[0], (Region{ 0x1000, 0x3000, true, true }));
  EXPECT_EQ(regions[1], (Region{ 0x5000, 0x6000, false }));
  EXPECT_FALSE(regions[2].own) << "others may write what is shared";
  EXPECT_FALSE(regions[2].anonymous);
}

TEST(Regions, LeaveOutWhatMakesNoSense)
{
  EXPECT_TRUE(regions_in("").empty());
  EXPECT_TRUE(regions_in("zz-yy rw-p\n2000-1000 rw-p 0 0 0\n1000\n-\n \n1000-2000 r").empty());
  EXPECT_EQ(regions_in("2000-4000 rw-p 0 0 0\n3000-5000 rw-p 0 0 0\n").size(), 1U)
      << "mappings do not overlap";
}

TEST(AddressSpace, CutsEachRegionIntoBlocks)
{
  const AddressSpace space(
      { { 0x10000, 0x10000 + block + 0x1000, true }, { 0x900000, 0x901000, false } });
  EXPECT_EQ(space.blocks(), 3U);
  EXPECT_FALSE(space.locate(0xffff));
  EXPECT_FALSE(space.locate(0x10000 + block + 0x1000));
  const auto place = space.locate(0x10000 + block + 8);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->block, 1U);
  EXPECT_EQ(place->offset, 8U);
  EXPECT_EQ(place->bytes, 0x1000U - 8U) << "a block ends with its region";
  EXPECT_EQ(space.block(2).begin, 0x900000U);
  EXPECT_FALSE(space.block(2).own);
}

TEST(AddressSpace, LeavesOutWhatIsTooLargeAndSaysSo)
{
  const std::uint64_t whole = AddressSpace::most_blocks * block;
  const AddressSpace space(
      { { 0x10000, 0x20000, true }, { 0x100000000, 0x100000000 + whole, true } });
  EXPECT_EQ(space.blocks(), 1U);
  EXPECT_EQ(space.left_out_bytes(), whole);
}

TEST(HeapCopy, ReadsAcrossBlocksAndRegions)
{
  const Pattern memory;
  const AddressSpace space({ { 0x10000, 0x10000 + 2 * block, true },
                             { 0x10000 + 2 * block, 0x10000 + 3 * block, false } });
  HeapCopy copy{ memory, space, 2 * block };
  for (const std::uint64_t address : { 0x10000 + block - 4, 0x10000 + 2 * block - 4 }) {
    const auto word = copy.value<std::uint64_t>(address);
    ASSERT_TRUE(word);
    EXPECT_EQ(*word & 0xffU, (address >> 8U) & 0xffU);
    EXPECT_EQ(*word >> 56U, ((address + 7) >> 8U) & 0xffU);
  }
  EXPECT_FALSE(copy.value<std::uint64_t>(0x10000 + 3 * block - 4)) << "half of it is not mapped";
}

TEST(HeapCopy, HoldsNoMoreThanItsLimitAndReadsAgain)
{
  const Pattern memory;
  const AddressSpace space({ { 0x10000, 0x10000 + 8 * block, true } });
  HeapCopy copy{ memory, space, 2 * block };
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t number = 0; number < 8; ++number) {
      const std::uint64_t address = 0x10000 + number * block + 0x500;
      EXPECT_EQ(copy.word(address) & 0xffU, (address >> 8U) & 0xffU);
    }
  }
  EXPECT_EQ(memory.reads, 16);
  EXPECT_EQ(copy.late_blocks(), 16U);
}

TEST(HeapCopy, CopiesAheadWhatIsTheProcesssOwnAndResident)
{
  const Pattern memory;
  const AddressSpace space(
      { { 0x10000, 0x10000 + 3 * block, true }, { 0x900000, 0x901000, false } });
  HeapCopy copy{ memory, space, 8 * block };
  copy.copy_ahead([](const AddressSpace::Block &of) { return of.begin != 0x10000 + block; });
  EXPECT_EQ(memory.reads, 2);
  EXPECT_NE(copy.word(0x10000 + 0x100), 0U);
  EXPECT_NE(copy.word(0x900000 + 0x100), 0U);
  EXPECT_EQ(copy.late_blocks(), 0U) << "a file's pages do not change";
  EXPECT_NE(copy.word(0x10000 + block + 0x100), 0U);
  EXPECT_EQ(copy.late_blocks(), 0U) << "it held nothing when the copy was made";
}

TEST(AddressSpace, SaysHowFarMemoryGoesOn)
{
  const AddressSpace space(
      { { 0x10000, 0x12000, true }, { 0x12000, 0x13000, false }, { 0x20000, 0x21000, true } });
  EXPECT_EQ(space.bytes_from(0x11000), 0x2000U) << "through the region that joins it";
  EXPECT_EQ(space.bytes_from(0x12ff8), 8U) << "up to the hole";
  EXPECT_EQ(space.bytes_from(0x20000), 0x1000U);
  EXPECT_EQ(space.bytes_from(0x13000), 0U);
  EXPECT_EQ(space.bytes_from(0x8), 0U);
}

TEST(HeapCopy, ReadsAroundAHole)
{
  Pattern memory;
  memory.hole = 0x10000 + 0x2000;
  const AddressSpace space({ { 0x10000, 0x10000 + block, true } });
  HeapCopy copy{ memory, space, 2 * block };
  EXPECT_TRUE(copy.value<std::uint64_t>(0x10000 + 0x1000));
  EXPECT_FALSE(copy.value<std::uint64_t>(memory.hole - 4));
  EXPECT_EQ(copy.word(memory.hole), 0U);
}

TEST(ObjectSet, HoldsAddressesInOrder)
{
  const AddressSpace space({ { 0x10000, 0x10000 + 2 * block, true } });
  ObjectSet set{ space };
  EXPECT_TRUE(set.insert(0x10000 + block));
  EXPECT_TRUE(set.insert(0x10008));
  EXPECT_FALSE(set.insert(0x10008));
  EXPECT_FALSE(set.insert(0x10009)) << "no object lies there";
  EXPECT_FALSE(set.insert(0x8)) << "nothing is mapped there";
  EXPECT_TRUE(set.contains(0x10008));
  EXPECT_FALSE(set.contains(0x10010));
  EXPECT_EQ(set.size(), 2U);
  std::vector<std::uint64_t> seen;
  set.for_each([&](std::uint64_t address) { seen.push_back(address); });
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{ 0x10008, 0x10000 + block }));
}

} // namespace
} // namespace linger::python
