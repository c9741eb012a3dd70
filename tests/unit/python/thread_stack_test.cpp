// A thread's stack, in a 3.11 made of words.

#include "python/thread_stack.h"

#include "unit/python/fake_memory.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t thread_pointer = 0x400000;
constexpr std::uint64_t thread = 0x300000;
constexpr std::uint64_t cframe = 0x500000;
constexpr std::uint64_t inner = 0x510000;
constexpr std::uint64_t foreign = 0x511000;
constexpr std::uint64_t outer = 0x512000;
constexpr std::uint64_t inner_code = 0x520000;
constexpr std::uint64_t outer_code = 0x530000;

const ProcessLayout process{ .layout = *layout_of({ 3, 11 }), .slot = *slot_of(1, false) };

void put_frame(FakeMemory &memory, std::uint64_t frame, std::uint64_t previous, std::uint64_t code,
               std::uint8_t owner = 0)
{
  const Layout &layout = process.layout;
  memory.put(frame + layout.frame_previous, previous);
  memory.put(frame + layout.frame_code, code);
  memory.put(frame + layout.frame_instruction, code + layout.code_instructions + 42);
  if (layout.frame_owner)
    memory.put(frame + *layout.frame_owner, owner);
  memory.put<std::uint64_t>(code + layout.code_first_line, 7);
  memory.put<std::uint64_t>(code + layout.code_line_table, 8);
}

/// `inner` was called by `outer`, with a frame in between that is no Python function where the
/// layout has such.
FakeMemory waiting()
{
  const Layout &layout = process.layout;
  FakeMemory memory;
  memory.put(thread_pointer + process.slot.offset, thread);
  memory.put(thread + layout.thread_frame, cframe);
  memory.put(cframe + *layout.cframe_frame, inner);
  put_frame(memory, inner, layout.frame_owner ? foreign : outer, inner_code);
  put_frame(memory, foreign, outer, 0x540000, layout.first_foreign_owner);
  put_frame(memory, outer, 0, outer_code);
  return memory;
}

TEST(ThreadStack, IsInnermostFirst)
{
  const auto stack = stack_of(waiting(), process, thread_pointer);
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_EQ(stack[0].code_address, inner_code);
  EXPECT_EQ(stack[0].instruction_bytes, 42U);
  EXPECT_EQ(stack[0].check, 7U ^ 8U);
  EXPECT_EQ(stack[1].code_address, outer_code);
}

TEST(ThreadStack, IsEmptyWhereNothingCanBeRead)
{
  EXPECT_TRUE(stack_of(FakeMemory{}, process, thread_pointer).empty());
  EXPECT_TRUE(stack_of(waiting(), process, thread_pointer + 8).empty());
}

TEST(ThreadStack, EndsWhereFramesGoRoundInCircles)
{
  FakeMemory memory = waiting();
  memory.put(outer + process.layout.frame_previous, inner);
  EXPECT_LE(stack_of(memory, process, thread_pointer).size(), max_stack_frames);
}

} // namespace
} // namespace linger::python
