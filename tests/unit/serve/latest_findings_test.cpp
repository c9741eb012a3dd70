#include "serve/latest_findings.h"

#include "unit/serve/fake_agent_view.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool comes_true(const Condition &condition)
{
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!condition() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(5ms);
  return condition();
}

TEST(LatestFindingsTest, ObservesWhileSomebodyAsksAndNoLonger)
{
  FakeAgentView agent;
  domain::Finding finding;
  finding.rule = "slow-query";
  agent.set_findings({ finding });
  LatestFindings findings{ agent, 10ms, 50ms };
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(agent.observed(), 0); // nobody has asked

  EXPECT_TRUE(comes_true([&] { return !findings.now().empty(); }));

  int observed = -1;
  EXPECT_TRUE(comes_true([&] {
    std::this_thread::sleep_for(100ms); // two windows and the patience
    return std::exchange(observed, agent.observed()) == agent.observed();
  }));
  EXPECT_TRUE(findings.now().empty()); // they are old
  EXPECT_TRUE(comes_true([&] { return !findings.now().empty(); }));
}

} // namespace
} // namespace linger::serve
