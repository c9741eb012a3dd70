#include "python/module_globals.h"

#include "unit/python/fake_heap.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

using Address = FakeHeap::Address;

/// The heap of a process that runs on.
class LiveMemory final : public Memory {
public:
  explicit LiveMemory(const FakeHeap &fake) : fake_(fake) {}
  [[nodiscard]] Result<> read(std::uint64_t address, std::span<std::byte> out) const override
  {
    return fake_.memory.read(address, out);
  }

private:
  const FakeHeap &fake_;
};

class ModuleGlobalsTest : public testing::Test {
protected:
  void SetUp() override
  {
    int_type = fake.type("int", 1U << 24U, 24, 4);
    function_type = fake.type("function", 0, 64);
    const Address file = fake.text("/srv/shop/views.py");
    const FakeHeap::Entries own{ { "__file__", file },
                                 { "CURRENT", fake.text("anna") },
                                 { "COUNT", number(1) },
                                 { "SEEN", fake.list({}) },
                                 { "view", fake.untracked(function_type, 64) },
                                 { "__loader__", number(1) } };
    fake.set_modules({ { "json",
                         { { "__file__", fake.text("/usr/lib/python3.11/json/__init__.py") },
                           { "CURRENT", number(1) } } },
                       { "shop.views", own } });
    globals.emplace(
        std::make_unique<LiveMemory>(fake),
        [] {
          return std::vector<Region>{ { FakePiece::base, FakePiece::base + FakePiece::size_bytes,
                                        true } };
        },
        ProcessHeap{ .interpreter = { .runtime_address = fake.runtime() },
                     .layout = fake.layout(),
                     .heap_layout = fake.heap_layout() },
        "");
  }

  Address number(std::uint32_t value)
  {
    const Address at = fake.untracked(int_type, 28);
    fake.memory.put(at + 16, std::int64_t{ 1 });
    fake.memory.put(at + 24, value);
    return at;
  }

  [[nodiscard]] Address table_of(std::size_t module) const
  {
    const auto word = [&](Address at) { return fake.memory.value<Address>(at).value_or(0); };
    const Address modules = word(fake.interpreter() + fake.heap_layout().interpreter_modules);
    constexpr std::uint64_t entries = 64; // behind header and index
    const Address found = word(word(modules + dict_keys) + entries + module * 16 + 8);
    return word(word(found + module_dict) + dict_keys) + entries;
  }
  void bind(std::size_t module, std::size_t variable, Address value)
  {
    fake.memory.put(table_of(module) + variable * 16 + 8, value);
  }
  [[nodiscard]] Address bound(std::size_t variable) const
  {
    return fake.memory.value<Address>(table_of(1) + variable * 16 + 8).value_or(0);
  }

  std::vector<domain::GlobalChange> look()
  {
    const auto seen = globals->look();
    EXPECT_TRUE(seen) << seen.error().what;
    return seen ? seen->changes : std::vector<domain::GlobalChange>{};
  }
  void look_until_surveyed()
  {
    for (unsigned i = 0; i < ModuleGlobals::looks_between_surveys; ++i)
      (void)look();
  }

  FakeHeap fake;
  Address int_type = 0;
  Address function_type = 0;
  std::optional<ModuleGlobals> globals;
};

TEST_F(ModuleGlobalsTest, NamesWhatWasReboundInTheApplicationAlone)
{
  EXPECT_TRUE(look().empty());
  EXPECT_TRUE(look().empty());
  bind(1, 1, fake.text("bert"));
  bind(0, 1, number(2)); // json's
  bind(1, 4, fake.untracked(function_type, 64));
  bind(1, 5, number(2)); // __loader__
  EXPECT_EQ(look(), (std::vector<domain::GlobalChange>{
                        { .name = "shop.views.CURRENT", .type = "str", .rebound = true } }));
  EXPECT_TRUE(look().empty());
}

TEST_F(ModuleGlobalsTest, SeesAnotherValueInTheSamePlace)
{
  (void)look();
  fake.memory.put_text(bound(1) + fake.heap_layout().ascii_text, "bert");
  EXPECT_EQ(look().size(), 1U);
}

TEST_F(ModuleGlobalsTest, TakesTheSameValueInAnotherPlaceForNoChange)
{
  (void)look();
  bind(1, 1, fake.text("anna"));
  bind(1, 2, number(1));
  EXPECT_TRUE(look().empty());
}

TEST_F(ModuleGlobalsTest, TellsNumbersThatRise)
{
  (void)look();
  bind(1, 2, number(5));
  EXPECT_TRUE(look().at(0).rises);
  bind(1, 2, number(4));
  const auto changes = look();
  EXPECT_TRUE(changes.at(0).rebound);
  EXPECT_FALSE(changes.at(0).rises);
}

TEST_F(ModuleGlobalsTest, CountsTheItemsOfAContainer)
{
  (void)look();
  fake.memory.put(bound(3) + 16, std::uint64_t{ 7 });
  EXPECT_EQ(look(),
            (std::vector<domain::GlobalChange>{
                { .name = "shop.views.SEEN", .type = "list", .items = 7, .items_before = 0 } }));
  bind(1, 3, fake.list({ number(1) }));
  EXPECT_TRUE(look().at(0).rebound);
}

TEST_F(ModuleGlobalsTest, SurveysAgainForATypeThatItDoesNotKnow)
{
  (void)look();
  const Address user = fake.made_class("shop.models", "User");
  bind(1, 1, fake.object(user, 16));
  EXPECT_TRUE(look().empty());
  look_until_surveyed();
  bind(1, 1, fake.object(user, 16));
  EXPECT_EQ(look().at(0).type, "shop.models.User");
}

TEST_F(ModuleGlobalsTest, GoesWithTheProcess)
{
  (void)look();
  ModuleGlobals gone{ std::make_unique<FakePiece>(), [] { return std::vector<Region>{}; },
                      ProcessHeap{ .layout = fake.layout(), .heap_layout = fake.heap_layout() },
                      "" };
  EXPECT_FALSE(gone.look());
}

} // namespace
} // namespace linger::python
