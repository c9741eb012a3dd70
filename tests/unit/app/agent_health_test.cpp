#include "unit/app/agent_on_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AgentHealth : public AgentOnScript {};

TEST_F(AgentHealth, SaysThatItHangsAtOnce)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  EXPECT_TRUE((*agent)->health());
  script.hangs = true;
  while (!script.hung)
    std::this_thread::yield();

  script.with([](HostScript &shared) { shared.now += 59s; });
  EXPECT_TRUE((*agent)->health());
  script.with([](HostScript &shared) { shared.now += 2s; });
  const Result<> health = (*agent)->health();
  script.hangs = false;

  ASSERT_FALSE(health);
  EXPECT_THAT(health.error().what, HasSubstr("has not come round for 61 s"));
  while (!(*agent)->health()) // it comes round again
    std::this_thread::yield();
}

TEST_F(AgentHealth, IsNotHealthyOnceCollectingHasEnded)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  script.with([](HostScript &shared) {
    shared.poll_error = Error{ Error::Kind::internal, "the ring buffer is gone" };
  });
  while ((*agent)->health())
    std::this_thread::yield();
  EXPECT_THAT((*agent)->health().error().what, HasSubstr("the ring buffer is gone"));
}

} // namespace
} // namespace linger::app
