#include "python/ready_queue.h"

#include "unit/python/fake_heap.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr std::uint64_t type_basic_bytes = 32;
constexpr std::uint64_t type_dict_offset = 288;

class ReadyQueue : public testing::Test {
protected:
  ReadyQueue()
  {
    const Layout &layout = fake.layout();
    const auto thread = fake.room(512);
    const auto cframe = fake.room(64);
    fake.memory.put(fake.interpreter() + layout.interpreter_threads_head, thread);
    fake.memory.put(thread + layout.thread_frame, cframe);
    fake.memory.put(cframe + *layout.cframe_frame, inner);
    fake.memory.put(inner + layout.frame_previous, outer);
  }

  /// An instance of a class that has its attributes in a dict.
  std::uint64_t instance(std::string_view module, std::string_view name,
                         const FakeHeap::Entries &attributes)
  {
    const auto type = fake.made_class(module, name);
    fake.memory.put(type + type_basic_bytes, std::uint64_t{ 24 });
    fake.memory.put(type + type_dict_offset, std::uint64_t{ 16 });
    const auto at = fake.object(type, 24);
    fake.memory.put(at + 16, fake.dict(attributes));
    return at;
  }

  void set_first_local(std::uint64_t frame, std::uint64_t object)
  {
    fake.memory.put(frame + fake.heap_layout().frame_locals, object);
  }

  [[nodiscard]] Result<std::uint64_t> found()
  {
    FakeWalk walk{ fake };
    return ready_queue_in(walk.heap);
  }

  FakeHeap fake;
  std::uint64_t deque_type = fake.type("collections.deque", FakeHeap::collected_flag, 232);
  std::uint64_t queue = fake.object(deque_type, 232);
  std::uint64_t inner = fake.room(512);
  std::uint64_t outer = fake.room(512);
};

TEST_F(ReadyQueue, IsThatOfTheLoopThatRuns)
{
  set_first_local(outer, instance("asyncio.unix_events", "_UnixSelectorEventLoop",
                                  { { "_closed", fake.list({}) }, { "_ready", queue } }));
  EXPECT_EQ(found().value_or(0), queue);
}

TEST_F(ReadyQueue, IsThatOfTheOutermostLoop)
{
  const auto other = fake.object(deque_type, 232);
  set_first_local(inner, instance("shop", "OwnEventLoop", { { "_ready", other } }));
  set_first_local(
      outer, instance("asyncio.unix_events", "_UnixSelectorEventLoop", { { "_ready", queue } }));
  EXPECT_EQ(found().value_or(0), queue);
}

TEST_F(ReadyQueue, IsFoundThroughTheRunnerOfUvloop)
{
  const auto type = fake.made_class("uvloop", "Loop");
  fake.memory.put(type + type_basic_bytes, std::uint64_t{ 32 });
  const auto loop = fake.object(type, 32);
  fake.memory.put(loop + 24, queue);
  set_first_local(outer, instance("asyncio.runners", "Runner", { { "_loop", loop } }));
  EXPECT_EQ(found().value_or(0), queue);
}

TEST_F(ReadyQueue, IsNoOtherObjectsAttribute)
{
  set_first_local(outer, instance("shop", "Kitchen", { { "_ready", queue } }));
  set_first_local(inner, instance("shop", "EventLoop", { { "_ready", fake.list({}) } }));
  const auto none = found();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::python
