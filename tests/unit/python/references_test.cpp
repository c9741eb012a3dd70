#include "python/references.h"

#include "python/object_size.h"
#include "unit/python/fake_heap.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t object = FakePiece::base + 0x1000;
constexpr std::uint64_t table = FakePiece::base + 0x2000;
constexpr std::uint64_t values = FakePiece::base + 0x3000;

/// A type that is not in the memory: what is asked of it is here.
Type type_of(Shape shape, std::uint32_t basic_bytes)
{
  return { .address = FakePiece::base + 0x8000, .shape = shape, .basic_bytes = basic_bytes };
}

class ReferencesTest : public testing::Test {
protected:
  std::vector<std::uint64_t> referred(const Type &type, Version version = { 3, 11 })
  {
    const AddressSpace space(
        { { FakePiece::base, FakePiece::base + FakePiece::size_bytes, true } });
    HeapCopy copy{ memory, space, FakePiece::size_bytes };
    const HeapLayout layout = *heap_layout_of(*layout_of(version));
    std::vector<std::uint64_t> found;
    for_each_reference(copy, layout, object, type,
                       [&](const Reference &reference) { found.push_back(reference.object); });
    bytes = object_bytes(copy, layout, object, type);
    return found;
  }

  FakePiece memory;
  std::uint64_t bytes = 0;
};

TEST_F(ReferencesTest, ReadsTheWideTablesOfOldDicts)
{
  memory.put(object + dict_keys, table);
  memory.put(table, std::uint64_t{ 1 });
  memory.put(table + 8, std::uint64_t{ 8 });
  memory.put(table + 32, std::uint64_t{ 2 });
  for (const std::uint64_t entry : { 0U, 1U }) {
    memory.put(table + 40 + 8 + entry * 24 + 8, std::uint64_t{ 0x10 } + entry * 0x10);
    memory.put(table + 40 + 8 + entry * 24 + 16, std::uint64_t{ 0x18 } + entry * 0x10);
  }
  EXPECT_EQ(referred(type_of(Shape::dict, 48), { 3, 8 }),
            (std::vector<std::uint64_t>{ 0x10, 0x18, 0x20, 0x28 }));
  EXPECT_EQ(bytes, 48U + 40 + 8 + 5 * 24);
  memory.put(object + dict_values, values);
  memory.put(values + 8, std::uint64_t{ 0x80 });
  EXPECT_EQ(referred(type_of(Shape::dict, 48), { 3, 8 }),
            (std::vector<std::uint64_t>{ 0x20, 0x80 }))
      << "values that are apart";
  memory.put(table + 8, std::uint64_t{ 7 });
  EXPECT_TRUE(referred(type_of(Shape::dict, 48), { 3, 8 }).empty()) << "no power of two";
}

TEST_F(ReferencesTest, ReadsADequesBlocksFromTheLeft)
{
  memory.put(object + variable_object_size, std::uint64_t{ 3 });
  memory.put(object + 24, table);
  memory.put(object + 40, std::uint64_t{ 63 }); // the last of the first block
  memory.put(table + 8 + 63 * 8, std::uint64_t{ 0x10 });
  memory.put(table + 8 + 64 * 8, values);
  memory.put(values + 8, std::uint64_t{ 0x18 });
  memory.put(values + 16, std::uint64_t{ 0x20 });
  EXPECT_EQ(referred(type_of(Shape::deque, 80)), (std::vector<std::uint64_t>{ 0x10, 0x18, 0x20 }));
  EXPECT_EQ(bytes, 80U + 2 * 528);
}

TEST_F(ReferencesTest, ReadsASetsTable)
{
  memory.put(object + set_mask, std::uint64_t{ 7 });
  memory.put(object + set_table, object + set_small_table);
  memory.put(object + set_small_table + 3 * 16, std::uint64_t{ 0x40 });
  EXPECT_EQ(referred(type_of(Shape::set, 200)), std::vector<std::uint64_t>{ 0x40 });
  EXPECT_EQ(bytes, 200U) << "the small table is a part of it";
}

TEST_F(ReferencesTest, DoesNotFollowWhatIsWeak)
{
  memory.put(object + 16, std::uint64_t{ 0x40 }); // what a weak reference is about
  memory.put(object + 24, std::uint64_t{ 0x48 }); // its callback
  EXPECT_EQ(referred(type_of(Shape::weak, 64)), std::vector<std::uint64_t>{ 0x48 });
  Type plain = type_of(Shape::plain, 32);
  plain.weak_list_offset = 16;
  EXPECT_EQ(referred(plain), std::vector<std::uint64_t>{ 0x48 });
}

TEST_F(ReferencesTest, FindsTheDictBehindTheItems)
{
  memory.put(object + variable_object_size, ~std::uint64_t{ 0 }); // an int of one digit, negative
  Type number = type_of(Shape::integer, 32);
  number.item_bytes = 4;
  number.dict_offset = -8;
  number.heap = true;
  memory.put(object + 32, std::uint64_t{ 0x40 });
  EXPECT_EQ(referred(number, { 3, 8 }), std::vector<std::uint64_t>{ 0x40 });
  memory.put(object + variable_object_size, std::uint64_t{ 1 } << 63U);
  EXPECT_TRUE(referred(number, { 3, 8 }).empty());
}

} // namespace
} // namespace linger::python
