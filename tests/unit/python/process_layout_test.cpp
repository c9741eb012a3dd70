// The check of a process, on an interpreter made of words.

#include "python/process_layout.h"

#include "unit/python/fake_memory.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t runtime = 0x100000;
constexpr std::uint64_t state = 0x200000;
constexpr std::uint64_t thread = 0x300000;
constexpr std::uint64_t thread_pointer = 0x400000;
constexpr std::uint64_t cframe = 0x500000;
constexpr std::uint64_t frame = 0x510000;
constexpr std::uint64_t code = 0x520000;
constexpr std::uint64_t name = 0x530000;
constexpr std::uint64_t code_type = 0x600000;
constexpr std::uint64_t unicode_type = 0x610000;

Interpreter interpreter()
{
  return { .version = { 3, 11 },
           .file = "/usr/bin/python3.11",
           .runtime_address = runtime,
           .code_type_address = code_type,
           .unicode_type_address = unicode_type,
           .musl = false };
}

/// A 3.11 with one thread in one function.
FakeMemory healthy()
{
  const Layout layout = *layout_of({ 3, 11 });
  FakeMemory memory;
  memory.put(runtime + layout.runtime_interpreters_main, state);
  memory.put<std::int32_t>(runtime + layout.runtime_slot_key, 1);
  memory.put(state + layout.interpreter_threads_head, thread);
  memory.put(thread + layout.thread_interpreter, state);
  memory.put(thread + layout.thread_id, thread_pointer);
  memory.put(thread + layout.thread_next, std::uint64_t{ 0 });
  memory.put(thread + layout.thread_frame, cframe);
  memory.put(thread_pointer + slot_of(1, false)->offset, thread);
  memory.put(cframe + *layout.cframe_frame, frame);
  memory.put(frame + layout.frame_code, code);
  memory.put(code + object_type, code_type);
  memory.put(code + layout.code_file_name, name);
  memory.put_bytes(name, std::string(layout.ascii_text, '\0'));
  memory.put(name + object_type, unicode_type);
  memory.put<std::uint64_t>(name + unicode_length, 4);
  memory.put<std::uint32_t>(name + unicode_state, 1U << 2U | 0x60U);
  memory.put_bytes(name + layout.ascii_text, "a.py");
  return memory;
}

std::string refusal_of(const FakeMemory &memory)
{
  const auto layout = checked_layout(memory, interpreter());
  return layout ? "" : layout.error().what;
}

TEST(ProcessLayout, IsAcceptedWhenEverythingHolds)
{
  const auto layout = checked_layout(healthy(), interpreter());
  ASSERT_TRUE(layout) << layout.error().what;
  EXPECT_EQ(layout->layout, *layout_of({ 3, 11 }));
  EXPECT_EQ(layout->slot, *slot_of(1, false));
  EXPECT_EQ(layout->gil_address, runtime + 360);
  EXPECT_TRUE(layout->gil_futexes);
}

TEST(ProcessLayout, IsRefusedWithWhatDoesNotHold)
{
  const Layout layout = *layout_of({ 3, 11 });
  FakeMemory memory = healthy();
  memory.put(thread + layout.thread_interpreter, std::uint64_t{ 1 });
  EXPECT_NE(refusal_of(memory).find("belong to no interpreter"), std::string::npos);

  memory = healthy();
  memory.put(thread_pointer + slot_of(1, false)->offset, std::uint64_t{ 1 });
  EXPECT_NE(refusal_of(memory).find("no thread's slot"), std::string::npos);

  memory = healthy();
  memory.put(code + object_type, std::uint64_t{ 1 });
  EXPECT_NE(refusal_of(memory).find("no frame leads to a code object"), std::string::npos);

  memory = healthy();
  memory.put<std::int32_t>(runtime + layout.runtime_slot_key, 77);
  EXPECT_NE(refusal_of(memory).find("no known slot"), std::string::npos);

  memory = healthy();
  memory.put(runtime + layout.runtime_interpreters_main, std::uint64_t{ 0 });
  EXPECT_NE(refusal_of(memory).find("no main interpreter"), std::string::npos);
}

// As in an idle uWSGI, whose threads wait in C for the next request.
TEST(ProcessLayout, IsAcceptedWhereNoThreadIsInPython)
{
  const Layout layout = *layout_of({ 3, 11 });
  FakeMemory memory = healthy();
  memory.put(cframe + *layout.cframe_frame, std::uint64_t{ 0 });
  EXPECT_TRUE(checked_layout(memory, interpreter()));

  // A frame that cannot be read is none.
  memory.put(cframe + *layout.cframe_frame, std::uint64_t{ 0xdead });
  EXPECT_NE(refusal_of(memory).find("no frame leads to a code object"), std::string::npos);
}

TEST(ProcessLayout, EndsInACircleOfThreads)
{
  const Layout layout = *layout_of({ 3, 11 });
  FakeMemory memory = healthy();
  memory.put(thread + layout.thread_next, thread);
  memory.put(thread + layout.thread_id, std::uint64_t{ 0 });
  EXPECT_NE(refusal_of(memory), "");
}

TEST(ProcessLayout, NamesAVersionThatIsNotKnown)
{
  Interpreter other = interpreter();
  other.version = { 3, 15 };
  const auto layout = checked_layout(healthy(), other);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().kind, Error::Kind::not_supported);
  EXPECT_EQ(layout.error().what, "CPython 3.15 is not known; 3.8 to 3.14 are");
}

TEST(Slot, LiesWhereTheCLibraryHasIt)
{
  EXPECT_EQ(slot_of(0, false)->offset, 0x318U);
  EXPECT_EQ(slot_of(2, false)->offset, 0x338U);
  EXPECT_EQ(slot_of(3, true), (Slot{ .table = 0x80, .offset = 24 }));
  EXPECT_FALSE(slot_of(-1, false));
  EXPECT_FALSE(slot_of(32, false));
  EXPECT_FALSE(slot_of(128, true));
}

} // namespace
} // namespace linger::python
