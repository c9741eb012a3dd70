// Counting, on a heap made by hand.

#include "python/heap_census.h"

#include "python/references.h"

#include "unit/python/fake_heap.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace linger::python {
namespace {

domain::TypeCount count_of(const std::vector<domain::TypeCount> &counts, std::string_view type)
{
  const auto found = std::ranges::find(counts, type, &domain::TypeCount::type);
  return found == counts.end() ? domain::TypeCount{} : *found;
}

/// The counts by type; empty when the heap could not be counted, with the sentence in `problem`.
struct Counted {
  explicit Counted(const FakeHeap &fake, std::uint64_t most = most_objects,
                   TornList torn = TornList::refused)
      : walk(fake)
  {
    auto counted = count_heap(walk.heap, walk.objects, torn, most);
    if (counted) {
      count = *counted;
      types = named(count, walk.types);
    } else {
      problem = counted.error().what;
    }
  }
  [[nodiscard]] domain::TypeCount operator[](std::string_view type) const
  {
    return count_of(types, type);
  }

  FakeWalk walk;
  HeapCount count;
  std::vector<domain::TypeCount> types;
  std::string problem;
};

TEST(HeapCensus, CountsTheObjectsOfEveryGenerationAndTheFrozenOnes)
{
  FakeHeap fake;
  const auto session = fake.made_class("shop.views", "Session");
  for (const int generation : { 0, 1, 2, 3, 3 })
    fake.object(session, 16, generation);
  const Counted counted{ fake };
  EXPECT_EQ(counted["shop.views.Session"].objects, 5U) << counted.problem;
  EXPECT_EQ(counted["shop.views.Session"].bytes, 5U * (16 + 16));
  EXPECT_EQ(counted.count.tracked.frozen, 2U);
  EXPECT_EQ(counted.count.unresolved, 0U);
}

TEST(HeapCensus, CountsWhatTheCollectorDoesNotKnowOnce)
{
  FakeHeap fake;
  const auto text = fake.text("hello");
  const auto hidden = fake.tuple({ text, fake.text("inside") }, false);
  fake.list({ text, hidden });
  fake.list({ text });
  const Counted before{ FakeHeap{} };
  const Counted counted{ fake };
  EXPECT_EQ(counted["str"].objects, before["str"].objects + 2);
  EXPECT_EQ(counted["tuple"].objects, 1U);
  EXPECT_EQ(counted["list"].objects, 2U);
  EXPECT_EQ(counted["list"].bytes, (40U + 16 + 8 + 8) + (40 + 16 + 8));
}

TEST(HeapCensus, GivesSizesAsTheProcessWould)
{
  FakeHeap fake;
  fake.list({ fake.text("hello") });
  const Counted counted{ fake };
  EXPECT_EQ(counted["str"].bytes, 48U + 5 + 1);
  // sys.modules of 21 usable entries.
  EXPECT_EQ(counted["dict"].bytes, 48U + 16 + 32 + 32 + 21 * 16);
}

/// Instances with two attributes, the way each version keeps them.
class HeapCensusOfVersion : public testing::TestWithParam<std::uint8_t> {};

TEST_P(HeapCensusOfVersion, SeesTheAttributesOfInstances)
{
  const Version version{ 3, GetParam() };
  FakeHeap fake{ version };
  constexpr std::uint64_t managed_dict = 1U << 4U;
  constexpr std::uint64_t inline_values = 1U << 2U;
  const std::uint64_t flags = managed_dict | (version >= Version{ 3, 13 } ? inline_values : 0);
  const auto point = fake.made_class("shop", "Point", flags);
  const FakeHeap::Entries names{ { "x", 0 }, { "y", 0 } };
  fake.memory.put(point + fake.heap_layout().type_cached_keys, fake.keys(names, false));
  const auto x = fake.list({});
  const auto y = fake.tuple({}, false);

  const auto object = fake.object(point, 16 + 8 + 16);
  FakeHeap::Address values = 0;
  if (version == Version{ 3, 11 }) {
    values = fake.room(16);
    fake.memory.put(object - 32, values);
  } else if (version == Version{ 3, 12 }) {
    values = fake.room(16);
    fake.memory.put(object - 24, values - 1);
  } else {
    values = object + 16 + 8;
    fake.memory.put(object + 16, std::array<std::uint8_t, 4>{ 2, 2, 1, 1 });
  }
  fake.memory.put(values, x);
  fake.memory.put(values + 8, y);

  Counted counted{ fake };
  EXPECT_EQ(counted.problem, "");
  EXPECT_EQ(counted["tuple"].objects, 1U) << "found through the instance alone";
  std::vector<Reference> references;
  for_each_reference(counted.walk.copy, fake.heap_layout(), object, *counted.walk.types.of(object),
                     [&](const Reference &reference) { references.push_back(reference); });
  ASSERT_EQ(references.size(), 2U);
  EXPECT_EQ(references[0].object, x);
  EXPECT_EQ(references[1].object, y);
  EXPECT_EQ(references[1].hold, Hold::attribute);
}

INSTANTIATE_TEST_SUITE_P(From311To314, HeapCensusOfVersion, testing::Values(11, 12, 13, 14));

TEST(HeapCensus, SaysHowManyAddressesLedNowhere)
{
  FakeHeap fake;
  fake.list({ 0xdead000, fake.text("a"), FakePiece::base + FakePiece::size_bytes - 16 });
  const Counted counted{ fake };
  EXPECT_EQ(counted.count.unresolved, 2U);
}

TEST(HeapCensus, DoesNotTakeAFreedObjectForOne)
{
  FakeHeap fake;
  const auto freed = fake.untracked(fake.tuple_type, 24);
  fake.memory.put(freed, std::uint64_t{ 0x7f1234567890 }); // the allocator's link to the next
  fake.list({ freed });
  const Counted counted{ fake };
  EXPECT_EQ(counted["tuple"].objects, 0U);
  EXPECT_EQ(counted.count.unresolved, 1U);
}

TEST(HeapCensus, RefusesAListThatLoops)
{
  FakeHeap fake;
  const auto first = fake.object(fake.list_type, 40);
  const auto second = fake.object(fake.list_type, 40);
  fake.memory.put(second - gc_head_bytes, first - gc_head_bytes);
  EXPECT_NE(Counted{ fake }.problem.find("twice"), std::string::npos);
}

TEST(HeapCensus, RefusesAListThatLoopsThroughWhatIsNoObject)
{
  FakeHeap fake;
  const auto first = fake.object(fake.list_type, 40);
  fake.memory.put(first + object_type, std::uint64_t{ 0 });
  fake.memory.put(first - gc_head_bytes, first - gc_head_bytes);
  EXPECT_NE(Counted(fake, 1000).problem.find("more than 1000"), std::string::npos);
}

TEST(HeapCensus, RefusesALinkThatLeadsNowhere)
{
  FakeHeap fake;
  const auto object = fake.object(fake.list_type, 40);
  fake.memory.put(object - gc_head_bytes, std::uint64_t{ 0x4000 });
  EXPECT_NE(Counted{ fake }.problem.find("leads nowhere"), std::string::npos);
}

/// Thirty objects, of which the one in the middle has other bytes in front.
struct TornHeap {
  explicit TornHeap(std::uint64_t next, std::uint64_t previous)
  {
    for (int i = 0; i < 30; ++i)
      objects.push_back(fake.object(session, 16));
    fake.memory.put(objects[15] - gc_head_bytes, next);
    fake.memory.put(objects[15] - gc_head_bytes + 8, previous);
  }
  [[nodiscard]] std::uint64_t counted() const
  {
    const Counted all{ fake, most_objects, TornList::counted };
    EXPECT_EQ(all.problem, "");
    EXPECT_EQ(all.count.tracked.torn, 1U);
    return all["shop.views.Session"].objects;
  }

  FakeHeap fake;
  FakeHeap::Address session = fake.made_class("shop.views", "Session");
  std::vector<FakeHeap::Address> objects;
};

TEST(HeapCensus, CountsATornListFromBothEndsWhenTold)
{
  EXPECT_EQ(TornHeap(0x4000, 0x4000).counted(), 29U);
  EXPECT_EQ(TornHeap(0, 0).counted(), 29U);
}

TEST(HeapCensus, FollowsNoListOfFreedObjects)
{
  TornHeap torn{ 0, 0 };
  // Two of them keep their type, and the allocator's link to the next has no link back.
  FakeHeap::Address next = 0;
  for (int i = 0; i < 2; ++i) {
    const auto node = torn.fake.room(gc_head_bytes);
    torn.fake.untracked(torn.session, 16);
    torn.fake.memory.put(node, next);
    next = node;
  }
  torn.fake.memory.put(torn.objects[15] - gc_head_bytes, next);
  torn.fake.memory.put(torn.objects[15] - gc_head_bytes + 8, torn.objects[14] - gc_head_bytes);
  EXPECT_EQ(torn.counted(), 30U);
}

TEST(HeapCensus, DoesNotLoopInATornList)
{
  FakeHeap fake;
  const auto first = fake.object(fake.list_type, 40);
  const auto second = fake.object(fake.list_type, 40);
  fake.memory.put(second - gc_head_bytes, first - gc_head_bytes);
  const Counted counted{ fake, most_objects, TornList::counted };
  EXPECT_EQ(counted["list"].objects, 2U) << counted.problem;
  EXPECT_EQ(counted.count.tracked.torn, 1U);
}

TEST(HeapCensus, TearsNoListThatCloses)
{
  FakeHeap fake;
  for (int i = 0; i < 30; ++i)
    fake.object(fake.list_type, 40);
  const Counted counted{ fake, most_objects, TornList::counted };
  EXPECT_EQ(counted["list"].objects, 30U);
  EXPECT_EQ(counted.count.tracked.torn, 0U);
  EXPECT_NE(Counted(fake, 20, TornList::counted).problem.find("more than 20"), std::string::npos);
}

TEST(HeapCensus, RefusesMoreObjectsThanItIsToldToCount)
{
  FakeHeap fake;
  for (int i = 0; i < 30; ++i)
    fake.object(fake.list_type, 40);
  EXPECT_NE(Counted(fake, 20).problem.find("more than 20"), std::string::npos);
}

TEST(HeapCensus, SurvivesTablesThatCannotBe)
{
  FakeHeap fake;
  const auto list = fake.list({});
  fake.memory.put(list + variable_object_size, ~std::uint64_t{ 0 });
  fake.memory.put(list + list_allocated, ~std::uint64_t{ 0 });
  const auto dict = fake.dict({ { "a", list } });
  const auto keys = fake.memory.value<std::uint64_t>(dict + dict_keys).value_or(0);
  fake.memory.put(keys + 24, std::uint64_t{ 1'000'000 }); // entries
  const auto other = fake.dict({});
  fake.memory.put(other + dict_keys, std::uint64_t{ 0x9000 });
  const Counted counted{ fake };
  EXPECT_EQ(counted.problem, "");
  EXPECT_EQ(counted["list"].bytes, 40U + 16);
}

TEST(HeapCensus, TakesNoLengthThatLeavesTheMemoryItIsIn)
{
  for (const std::uint64_t length : { FakePiece::size_bytes / 8, std::uint64_t{ 1 } << 62U }) {
    FakeHeap fake;
    const auto impostor = fake.tuple({ fake.text("a") }, false);
    fake.memory.put(impostor + variable_object_size, length);
    fake.list({ impostor });
    const Counted counted{ fake };
    EXPECT_EQ(counted["tuple"].objects, 0U) << length;
    EXPECT_EQ(counted.count.unresolved, 1U) << "of one item of the list, not of what lies behind";
  }
}

TEST(HeapCensus, CountsALongTupleThatEndsWhereItsMemoryDoes)
{
  FakeHeap fake;
  const auto text = fake.text("a");
  fake.list({ fake.tuple(std::vector<FakeHeap::Address>(1000, text), false) });
  const Counted counted{ fake };
  EXPECT_EQ(counted["tuple"].objects, 1U);
  EXPECT_EQ(counted.count.unresolved, 0U);
}

TEST(HeapCensus, KnowsATypeByWhatItsOwnTypeIs)
{
  FakeHeap fake;
  const auto impostor = fake.room(1024);
  fake.memory.put(impostor + object_type, impostor); // leads to itself and is not `type`
  const auto object = fake.object(impostor, 16);
  FakeWalk walk{ fake };
  EXPECT_EQ(walk.types.of(object), nullptr);
  EXPECT_NE(walk.types.at(fake.list_type), nullptr);
  EXPECT_EQ(walk.types.at(fake.list_type + 8), nullptr);
}

TEST(HeapCensus, IsTheSameWithLittleRoom)
{
  FakeHeap fake;
  std::vector<FakeHeap::Address> lists;
  for (int i = 0; i < 500; ++i)
    lists.push_back(fake.list({ fake.text("x" + std::to_string(i)) }));
  fake.list(lists);
  FakeWalk walk{ fake, 2 * AddressSpace::block_bytes };
  const auto counted = count_heap(walk.heap, walk.objects);
  ASSERT_TRUE(counted) << counted.error().what;
  EXPECT_EQ(named(*counted, walk.types), Counted{ fake }.types);
}

} // namespace
} // namespace linger::python
