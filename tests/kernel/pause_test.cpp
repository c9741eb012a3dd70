// Real threads that are stopped and let go.

#include "python/pause.h"

#include "kernel/worker_process.h"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace linger::python {
namespace {

using namespace std::chrono_literals;

/// What the process that is stopped and the test both see.
struct Shared {
  std::atomic<std::uint64_t> turns{ 0 };
  std::atomic<int> signals{ 0 };
  std::atomic<int> threads{ 0 };
};

Shared *shared = nullptr;

/// Some threads that never rest, and one that waits.
class BusyProcess {
public:
  BusyProcess() : process_([] { run(); })
  {
    while (shared->threads < 3)
      std::this_thread::sleep_for(1ms);
  }

  [[nodiscard]] std::uint32_t tgid() const { return static_cast<std::uint32_t>(process_.tgid()); }

private:
  static void run()
  {
    std::signal(SIGUSR1, [](int) { ++shared->signals; });
    std::signal(SIGRTMIN, [](int) { ++shared->signals; });
    for (int i = 0; i < 2; ++i) {
      std::thread([] {
        ++shared->threads;
        for (;;)
          ++shared->turns;
      }).detach();
    }
    ++shared->threads;
    for (;;)
      ::pause();
  }

  WorkerProcess process_;
};

class PauseTest : public testing::Test {
protected:
  PauseTest()
  {
    shared = new (::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared;
  }
  ~PauseTest() override { ::munmap(shared, sizeof(Shared)); }

  static bool runs()
  {
    const std::uint64_t before = shared->turns;
    for (int i = 0; i < 200 && shared->turns == before; ++i)
      std::this_thread::sleep_for(10ms);
    return shared->turns != before;
  }
  static bool stands()
  {
    const std::uint64_t before = shared->turns;
    std::this_thread::sleep_for(50ms);
    return shared->turns == before;
  }
};

TEST_F(PauseTest, StopsAllThreadsAndLetsThemGo)
{
  const BusyProcess busy;
  ASSERT_TRUE(runs());
  for (int i = 0; i < 20; ++i) {
    auto pause = Pause::begin("/proc", busy.tgid(), 10s);
    ASSERT_TRUE(pause) << pause.error().what;
    EXPECT_TRUE(i != 0 || stands());
    pause->end();
    EXPECT_TRUE(pause->is_over());
    EXPECT_GT(pause->lasted(), 0ns);
    ASSERT_TRUE(runs());
  }
  {
    const auto forgotten = Pause::begin("/proc", busy.tgid(), 10s);
    ASSERT_TRUE(forgotten);
  }
  EXPECT_TRUE(runs());
}

TEST_F(PauseTest, EndsByItselfWhenItsTimeIsOver)
{
  const BusyProcess busy;
  auto pause = Pause::begin("/proc", busy.tgid(), 200ms);
  ASSERT_TRUE(pause) << pause.error().what;
  pause->end_in_time();
  std::this_thread::sleep_for(250ms);
  pause->end_in_time();
  EXPECT_TRUE(pause->is_over());
  EXPECT_TRUE(runs());
}

TEST_F(PauseTest, LosesNoSignal)
{
  const BusyProcess busy;
  for (int i = 1; i <= 20; ++i) {
    auto pause = Pause::begin("/proc", busy.tgid(), 10s);
    ASSERT_TRUE(pause);
    ASSERT_EQ(::kill(static_cast<pid_t>(busy.tgid()), SIGUSR1), 0);
    pause->end();
    for (int wait = 0; wait < 500 && shared->signals < i; ++wait)
      std::this_thread::sleep_for(10ms);
    ASSERT_EQ(shared->signals, i);
  }
}

TEST_F(PauseTest, PassesOnTheSignalThatItStoppedAThreadAt)
{
  const BusyProcess busy;
  // Of this kind each one is delivered, however many wait.
  constexpr int sent = 3000;
  std::jthread sender{ [&] {
    for (int i = 0; i < sent;) {
      if (::sigqueue(static_cast<pid_t>(busy.tgid()), SIGRTMIN, {}) == 0)
        ++i;
      std::this_thread::sleep_for(20us);
    }
  } };
  while (shared->signals < sent / 2) {
    auto pause = Pause::begin("/proc", busy.tgid(), 10s);
    ASSERT_TRUE(pause) << pause.error().what;
  }
  sender.join();
  for (int wait = 0; wait < 500 && shared->signals < sent; ++wait)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(shared->signals, sent);
}

TEST_F(PauseTest, TheProcessMayBeKilledMeanwhile)
{
  const BusyProcess busy;
  auto pause = Pause::begin("/proc", busy.tgid(), 10s);
  ASSERT_TRUE(pause);
  ASSERT_EQ(::kill(static_cast<pid_t>(busy.tgid()), SIGKILL), 0);
  pause->end();
  EXPECT_TRUE(pause->is_over());
}

TEST_F(PauseTest, SaysWhyItCannotBe)
{
  const auto nobody = Pause::begin("/proc", 0x7ffffffe, 1s);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, Error::Kind::not_found);

  const BusyProcess busy;
  const auto first = Pause::begin("/proc", busy.tgid(), 10s);
  ASSERT_TRUE(first);
  const auto second = Pause::begin("/proc", busy.tgid(), 10s);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Error::Kind::not_permitted);
  EXPECT_TRUE(stands()) << "the first one still holds it";
}

} // namespace
} // namespace linger::python
