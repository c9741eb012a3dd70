#include "python/gc_heads.h"

#include "unit/python/fake_memory.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t collector = 0x1000;

/// A collector whose lists are empty, but for the last, which has one object.
FakeMemory collector_with(const std::array<std::uint16_t, 4> &heads)
{
  FakeMemory memory;
  for (std::uint64_t address = collector; address < collector + 256; ++address)
    memory.put(address, std::byte{});
  for (const std::uint16_t head : heads) {
    memory.put(collector + head, collector + head);
    memory.put(collector + head + 8, collector + head);
  }
  const std::uint64_t object = 0x9000;
  memory.put(collector + heads.back(), object);
  memory.put(object, collector + heads.back());
  memory.put(object + 8, collector + heads.back() + 2); // with a flag of the collector's
  return memory;
}

TEST(GcHeads, AreFoundWhereEachReleaseHasThem)
{
  for (const std::array<std::uint16_t, 4> &heads :
       { std::array<std::uint16_t, 4>{ 24, 48, 72, 104 },
         { 20, 44, 68, 104 },
         { 24, 48, 72, 96 } }) {
    const auto found = with_heads_found(collector_with(heads), { .version = { 3, 13 } }, collector);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->gc_heads, heads);
    EXPECT_EQ(found->gc_collecting, heads.back() + 96);
  }
}

TEST(GcHeads, AreRefusedWhereOneListDoesNotComeBack)
{
  FakeMemory memory = collector_with({ 24, 48, 72, 104 });
  memory.put(collector + 48 + 8, std::uint64_t{ 0x9000 });
  const auto found = with_heads_found(memory, { .version = { 3, 13 } }, collector);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Error::Kind::not_supported);
}

TEST(GcHeads, AreRefusedWhereNothingCanBeRead)
{
  EXPECT_FALSE(with_heads_found(FakeMemory{}, { .version = { 3, 14 } }, collector));
}

} // namespace
} // namespace linger::python
