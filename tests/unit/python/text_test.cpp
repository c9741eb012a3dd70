#include "python/text.h"

#include "unit/python/fake_memory.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t at = 0x1000;

/// The word behind the hash: interned, width, compact, ASCII.
constexpr std::uint32_t state_of(unsigned width, bool ascii)
{
  return 1U | width << 2U | 0x20U | (ascii ? 0x40U : 0U);
}

FakeMemory with_text(std::uint64_t length, std::uint32_t state, std::uint64_t text_offset,
                     std::string_view bytes)
{
  FakeMemory memory;
  memory.put_bytes(at, std::string(48, '\0'));
  memory.put(at + unicode_length, length);
  memory.put(at + unicode_state, state);
  memory.put_bytes(at + text_offset, bytes);
  return memory;
}

TEST(PythonText, IsWhereItsVersionHasIt)
{
  EXPECT_EQ(read_text(with_text(4, state_of(1, true), 48, "cart"), *layout_of({ 3, 11 }), at),
            "cart");
  EXPECT_EQ(read_text(with_text(4, state_of(1, true), 40, "cart"), *layout_of({ 3, 12 }), at),
            "cart");
}

TEST(PythonText, BecomesUtf8)
{
  const Layout layout = *layout_of({ 3, 14 });
  EXPECT_EQ(read_text(with_text(1, state_of(1, false), 56, "\xfc"), layout, at), "\u00fc");
  EXPECT_EQ(
      read_text(with_text(2, state_of(2, false), 56, std::string("\xac\x20\x61\0", 4)), layout, at),
      "\u20aca");
  EXPECT_EQ(
      read_text(with_text(1, state_of(4, false), 56, std::string("\x00\xf6\x01\0", 4)), layout, at),
      "\U0001f600");
}

TEST(PythonText, HoldsNothingThatATerminalActsUpon)
{
  const Layout layout = *layout_of({ 3, 11 });
  EXPECT_EQ(read_text(with_text(5, state_of(1, true), 48, "a\x1b[1m"), layout, at), "a?[1m");
  EXPECT_EQ(read_text(with_text(1, state_of(2, false), 72, "\x2e\x20"), layout, at), "?");
  EXPECT_EQ(read_text(with_text(1, state_of(2, false), 72, std::string("\0\xd8", 2)), layout, at),
            "\ufffd");
}

TEST(PythonText, RefusesWhatIsNone)
{
  const Layout layout = *layout_of({ 3, 11 });
  EXPECT_FALSE(read_text(with_text(4, state_of(3, true), 48, "cart"), layout, at)) << "width 3";
  EXPECT_FALSE(read_text(with_text(4, 1U << 2U, 48, "cart"), layout, at)) << "not compact";
  EXPECT_FALSE(read_text(with_text(1ULL << 40, state_of(1, true), 48, "cart"), layout, at));
  EXPECT_FALSE(read_text(with_text(5, state_of(1, true), 48, "cart"), layout, at)) << "unmapped";
  EXPECT_FALSE(read_text(FakeMemory{}, layout, at));
}

} // namespace
} // namespace linger::python
