#include "python/symbolizer.h"

#include "unit/python/fake_memory.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t code = 0x10000;
constexpr std::uint64_t table = 0x20000;

/// A function whose second and third code units are on the line after the first.
void put_code(FakeMemory &memory, const Layout &layout, std::uint64_t table_address,
              std::string_view name, std::int32_t first_line)
{
  const auto put_text = [&](std::uint64_t address, std::string_view text) {
    memory.put_bytes(address, std::string(layout.ascii_text, '\0'));
    memory.put<std::uint64_t>(address + unicode_length, text.size());
    memory.put<std::uint32_t>(address + unicode_state, 1U << 2U | 0x60U);
    memory.put_bytes(address + layout.ascii_text, text);
  };
  put_text(0x30000, "/srv/shop/cart.py");
  put_text(0x40000, name);
  memory.put<std::uint64_t>(table_address + variable_object_size, 5);
  memory.put_bytes(table_address + bytes_text, "\x80\x01\xd9\x01\x02");
  memory.put(code + layout.code_first_line, first_line);
  memory.put(code + layout.code_line_table, table_address);
  memory.put<std::uint64_t>(code + layout.code_file_name, 0x30000);
  memory.put<std::uint64_t>(code + *layout.code_qualified_name, 0x40000);
}

struct Named {
  Layout layout = *layout_of({ 3, 11 });
  FakeMemory *memory = new FakeMemory; // the symbolizer's
  Symbolizer symbolizer{ std::unique_ptr<const Memory>(memory), layout, 2 };
};

constexpr std::uint32_t check_of(std::int32_t first_line, std::uint64_t table_address)
{
  return static_cast<std::uint32_t>(first_line) ^ static_cast<std::uint32_t>(table_address);
}

TEST(Symbolizer, NamesFileFunctionAndLine)
{
  Named named;
  put_code(*named.memory, named.layout, table, "Cart.total", 30);
  const auto frame = named.symbolizer.name({ code, 2, check_of(30, table) });
  ASSERT_TRUE(frame);
  EXPECT_EQ(*frame, (Frame{ "/srv/shop/cart.py", "Cart.total", 31 }));
  EXPECT_EQ(named.symbolizer.name({ code, 0, check_of(30, table) })->line, 30);
  EXPECT_EQ(named.symbolizer.name({ code, 200, check_of(30, table) })->line, 0);
}

TEST(Symbolizer, ReadsACodeObjectOnce)
{
  Named named;
  put_code(*named.memory, named.layout, table, "Cart.total", 30);
  ASSERT_TRUE(named.symbolizer.name({ code, 2, check_of(30, table) }));
  const int reads = named.memory->reads;
  ASSERT_TRUE(named.symbolizer.name({ code, 4, check_of(30, table) }));
  EXPECT_EQ(named.memory->reads, reads);
}

TEST(Symbolizer, NoticesAnotherCodeObjectAtTheSameAddress)
{
  Named named;
  put_code(*named.memory, named.layout, table, "Cart.total", 30);
  ASSERT_TRUE(named.symbolizer.name({ code, 2, check_of(30, table) }));
  put_code(*named.memory, named.layout, 0x50000, "generated", 30);
  EXPECT_EQ(named.symbolizer.name({ code, 2, check_of(30, 0x50000) })->function, "generated");
  EXPECT_FALSE(named.symbolizer.name({ code, 2, check_of(30, table) }))
      << "what the kernel saw is gone";
}

TEST(Symbolizer, RefusesWhatIsNoCode)
{
  Named named;
  EXPECT_FALSE(named.symbolizer.name({ code, 2, 0 }));
  put_code(*named.memory, named.layout, table, "Cart.total", 30);
  named.memory->put<std::uint64_t>(table + variable_object_size, 1ULL << 40);
  EXPECT_FALSE(named.symbolizer.name({ code, 2, check_of(30, table) }));
}

} // namespace
} // namespace linger::python
