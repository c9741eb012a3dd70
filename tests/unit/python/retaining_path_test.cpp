#include "python/retaining_path.h"

#include "python/heap_census.h"
#include "unit/python/fake_heap.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

Result<domain::Retainers> retainers_of(const FakeHeap &fake, const std::string &type)
{
  FakeWalk walk{ fake };
  const auto count = count_heap(walk.heap, walk.objects);
  if (!count)
    return tl::unexpected(count.error());
  return find_retainers(walk.heap, walk.objects, type);
}

TEST(RetainingPath, NamesModuleVariableAndContainers)
{
  FakeHeap fake;
  const auto session = fake.made_class("shop.views", "Session");
  std::vector<FakeHeap::Address> entries;
  for (int i = 0; i < 3; ++i)
    entries.push_back(fake.dict({ { "session", fake.object(session, 16) } }));
  const auto last = fake.object(session, 16);
  fake.object(session, 16); // nobody's
  fake.set_modules({ { "builtins", {} },
                     { "shop.views", { { "RECENT", fake.list(entries) }, { "LAST", last } } } });

  for (const std::string name : { "Session", "shop.views.Session" }) {
    const auto found = retainers_of(fake, name);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->objects, 5U);
    const std::vector<domain::RetainingPath> expected{
      { "`shop.views.RECENT` (list) -> dict -> shop.views.Session", 3 },
      { "`shop.views.LAST` (shop.views.Session)", 1 },
    };
    EXPECT_EQ(found->paths, expected);
  }
}

TEST(RetainingPath, NamesAClassAttribute)
{
  FakeHeap fake;
  const auto session = fake.made_class("shop", "Session");
  const auto cart = fake.made_class("shop", "Cart");
  fake.memory.put(cart + 264, fake.dict({ { "__module__", fake.text("shop") },
                                          { "items", fake.list({ fake.object(session, 16) }) } }));
  fake.set_modules({ { "shop", { { "Cart", cart } } } });
  const auto found = retainers_of(fake, "Session");
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_EQ(found->paths.size(), 1U);
  EXPECT_EQ(found->paths[0].text, "`shop.Cart.items` (list) -> shop.Session");
}

TEST(RetainingPath, TakesTheShortestWay)
{
  FakeHeap fake;
  const auto session = fake.made_class("shop", "Session");
  const auto object = fake.object(session, 16);
  fake.set_modules({ { "a", { { "FAR", fake.list({ fake.list({ object }) }) } } },
                     { "b", { { "NEAR", fake.list({ object }) } } } });
  const auto found = retainers_of(fake, "Session");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->paths.size(), 1U);
  EXPECT_EQ(found->paths[0].text, "`b.NEAR` (list) -> shop.Session");
}

TEST(RetainingPath, ALinkedListIsOneWay)
{
  FakeHeap fake;
  const auto node = fake.made_class("shop", "Node");
  constexpr std::uint64_t basic = 24; // one slot
  fake.memory.put(node + 32, basic);
  FakeHeap::Address next = 0;
  for (int i = 0; i < 50; ++i) {
    const auto object = fake.object(node, basic);
    fake.memory.put(object + 16, next);
    next = object;
  }
  fake.set_modules({ { "shop", { { "FIRST", next } } } });
  const auto found = retainers_of(fake, "Node");
  ASSERT_TRUE(found) << found.error().what;
  const std::vector<domain::RetainingPath> expected{
    { "`shop.FIRST` (shop.Node) -> shop.Node", 49 },
    { "`shop.FIRST` (shop.Node)", 1 },
  };
  EXPECT_EQ(found->paths, expected);
}

TEST(RetainingPath, BeginsAtAFrameForWhatNoModuleHolds)
{
  FakeHeap fake;
  const auto session = fake.made_class("shop", "Session");
  const auto object = fake.object(session, 16);
  const Layout &layout = fake.layout();
  const auto thread = fake.room(512);
  const auto cframe = fake.room(64);
  const auto frame = fake.room(1024);
  const auto code = fake.room(256);
  fake.memory.put(fake.interpreter() + layout.interpreter_threads_head, thread);
  fake.memory.put(thread + layout.thread_frame, cframe);
  fake.memory.put(cframe + *layout.cframe_frame, frame);
  fake.memory.put(frame + layout.frame_code, code);
  fake.memory.put(code + *layout.code_qualified_name, fake.text("checkout"));
  fake.memory.put(frame + fake.heap_layout().frame_locals + 8, fake.list({ object }));
  const auto found = retainers_of(fake, "Session");
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_EQ(found->paths.size(), 1U);
  EXPECT_EQ(found->paths[0].text, "`a local of checkout` -> list -> shop.Session");
}

TEST(RetainingPath, RefusesATypeThatIsMissingOrLeavesItOut)
{
  FakeHeap fake;
  fake.set_modules(
      { { "shop", { { "LAST", fake.object(fake.made_class("shop", "Session"), 16) } } } });
  FakeWalk walk{ fake };
  ASSERT_TRUE(count_heap(walk.heap, walk.objects));
  const std::vector<std::string> types{ "Gone", "Session" };
  const auto refused = find_retainers(walk.heap, walk.objects, types, MissingType::refused);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::usage);
  const auto left_out = find_retainers(walk.heap, walk.objects, types, MissingType::left_out);
  ASSERT_TRUE(left_out) << left_out.error().what;
  ASSERT_EQ(left_out->size(), 1U);
  EXPECT_EQ(left_out->front().type, "Session");
  EXPECT_EQ(left_out->front().objects, 1U);
}

TEST(RetainingPath, SaysWhenThereIsNoSuchType)
{
  const auto found = retainers_of(FakeHeap{}, "ession");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Error::Kind::usage);
  EXPECT_NE(found.error().what.find("ession"), std::string::npos);
}

} // namespace
} // namespace linger::python
