#include "app/globals_watch.h"

#include <deque>
#include <gtest/gtest.h>
#include <map>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using domain::GlobalsLook;
using Seen = python::ModuleGlobals::Seen;

class GlobalsWatchTest : public testing::Test {
protected:
  GlobalsWatch watch()
  {
    domain::Server server{ .app = "shop.wsgi:app" };
    server.workers = { { .tgid = 101 }, { .tgid = 102 } };
    return { { server },
             [this](std::uint32_t tgid, const std::string &package) -> Result<LookAtGlobals> {
               packages.push_back(package);
               if (tgid == 102)
                 return failure(Error::Kind::not_supported, "it runs PyPy");
               return LookAtGlobals{ [this]() -> Result<Seen> {
                 if (looks.empty())
                   return failure(Error::Kind::not_found, "it is gone");
                 Seen next = looks.front();
                 looks.pop_front();
                 return next;
               } };
             } };
  }

  std::function<domain::MonotonicTime()> clock = [this] {
    return domain::MonotonicTime{ time += 1ms };
  };
  domain::Nanos time{};
  std::deque<Seen> looks;
  std::vector<std::string> packages;
};

TEST_F(GlobalsWatchTest, TellsOfTheTimeSinceTheLookBefore)
{
  looks = { {}, { .changes = { { .name = "shop.CURRENT", .rebound = true } }, .left_out = 2 } };
  GlobalsWatch watched = watch();
  EXPECT_EQ(packages, (std::vector<std::string>{ "shop", "shop" }));
  const auto first = watched.look(clock);
  ASSERT_EQ(first.size(), 1U) << "the one that cannot be looked at";
  EXPECT_EQ(first[0].tgid, 102U);
  EXPECT_EQ(first[0].gap, "it runs PyPy");

  const domain::MonotonicTime before{ time };
  const auto second = watched.look(clock);
  ASSERT_EQ(second.size(), 1U) << "it is told once";
  EXPECT_EQ(second[0].tgid, 101U);
  EXPECT_LT(second[0].window.begin, before);
  EXPECT_GT(second[0].window.end, before);
  EXPECT_EQ(second[0].changes.size(), 1U);
  EXPECT_EQ(second[0].left_out, 2U);
}

TEST_F(GlobalsWatchTest, AnnouncesTheWorkersThatItWillLookAt)
{
  const auto announced = watch().announce(domain::MonotonicTime{ 5s });
  ASSERT_EQ(announced.size(), 1U);
  EXPECT_EQ(announced[0].tgid, 101U);
  EXPECT_EQ(announced[0].window.begin, domain::MonotonicTime{ 5s });
  EXPECT_EQ(announced[0].window.end, domain::MonotonicTime{ 5s });
}

TEST_F(GlobalsWatchTest, SaysOnceThatAWorkerIsGone)
{
  looks = { {} };
  GlobalsWatch watched = watch();
  (void)watched.look(clock);
  EXPECT_EQ(watched.look(clock).at(0).gap, "it is gone");
  EXPECT_TRUE(watched.look(clock).empty());
}

} // namespace
} // namespace linger::app
