#include "app/heap_watch.h"

#include <deque>
#include <gtest/gtest.h>
#include <map>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using domain::Census;
using domain::Retainers;
using domain::RetainingPath;

Census census_at(domain::Nanos time, std::vector<domain::TypeCount> types)
{
  Census census{ .tgid = 101, .time = domain::WallTime{ time } };
  domain::set_types(census, std::move(types));
  return census;
}

/// Hands out looks prepared for each worker, and remembers what was asked.
class ScriptedHeaps {
public:
  std::map<std::uint32_t, std::deque<Result<HeapLook>>> looks;
  std::vector<std::vector<std::string>> asked;

  Result<HeapLook> next(std::uint32_t tgid, const std::vector<std::string> &paths_of)
  {
    asked.push_back(paths_of);
    auto &queue = looks[tgid];
    if (queue.empty())
      return failure(Error::Kind::not_found, "the process is gone");
    auto look = std::move(queue.front());
    queue.pop_front();
    return look;
  }
};

class HeapWatchTest : public testing::Test {
protected:
  HeapWatch watch(std::vector<std::uint32_t> tgids)
  {
    return { std::move(tgids), [this](std::uint32_t tgid, const std::vector<std::string> &paths) {
              return heaps.next(tgid, paths);
            } };
  }
  void sees(Census census, std::vector<Retainers> retainers = {})
  {
    heaps.looks[101].emplace_back(HeapLook{ std::move(census), std::move(retainers) });
  }

  ScriptedHeaps heaps;
};

constexpr std::uint64_t kib = 1024;

TEST_F(HeapWatchTest, TellsOfTheHoldersOnlyWhatTheyHoldMore)
{
  sees(census_at(1s, { { "dict", 5000, 900 * kib } }));
  sees(census_at(5s, { { "dict", 5100, 920 * kib } }));
  sees(census_at(5s, {}), { { "dict", 5100, { { "a module", 4990 }, { "`shop.KEPT`", 100 } } } });
  sees(census_at(9s, { { "dict", 5210, 940 * kib }, { "late", 100, 30 * kib } }),
       { { "dict", 5210, { { "a module", 4990 }, { "`shop.KEPT`", 210 } } } });

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  watched.look_at_middle();
  const auto growths = watched.look_at_end();

  ASSERT_EQ(growths.size(), 1U);
  EXPECT_EQ(growths[0].tgid, 101U);
  EXPECT_EQ(growths[0].between, 8s);
  EXPECT_EQ(growths[0].gap, "");
  ASSERT_EQ(growths[0].types.size(), 2U);
  EXPECT_EQ(growths[0].types[1].type, "late");
  EXPECT_TRUE(growths[0].types[1].holders.empty());
  const domain::GrownType &grown = growths[0].types[0];
  EXPECT_EQ(grown.type, "dict");
  EXPECT_EQ(grown.objects, 210);
  EXPECT_EQ(grown.bytes, 40 * kib);
  EXPECT_EQ(grown.holders, (std::vector<RetainingPath>{ { "`shop.KEPT`", 110 } }));
  using Names = std::vector<std::string>;
  EXPECT_EQ(heaps.asked, (std::vector<Names>{ {}, {}, { "dict" }, { "dict" } }));
}

TEST_F(HeapWatchTest, TellsWhatGrewThoughWhatHadGrownBeforeIsGone)
{
  sees(census_at(1s, {}));
  sees(census_at(5s, { { "dict", 100, 20 * kib } }));
  sees(census_at(5s, {}), { { "dict", 100, { { "`shop.KEPT`", 100 } } } });
  sees(census_at(9s, { { "str", 100, 20 * kib } }));

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  watched.look_at_middle();
  const auto growths = watched.look_at_end();

  EXPECT_EQ(growths[0].gap, "");
  ASSERT_EQ(growths[0].types.size(), 1U);
  EXPECT_EQ(growths[0].types[0].type, "str");
}

TEST_F(HeapWatchTest, NamesNoHolderWhereTheWindowHadNoMiddle)
{
  sees(census_at(1s, {}));
  sees(census_at(2s, { { "shop.Quote", 100, 10 * kib } }));

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  const auto growths = watched.look_at_end();

  ASSERT_EQ(growths[0].types.size(), 1U);
  EXPECT_TRUE(growths[0].types[0].holders.empty());
}

TEST_F(HeapWatchTest, SaysThatItDoesNotKnowWhereTheCountsAreTooFarOff)
{
  Census unsure = census_at(2s, { { "dict", 500, 90 * kib } });
  unsure.quality.error_objects = 300'000;
  sees(census_at(1s, {}));
  sees(unsure);

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  const auto growths = watched.look_at_end();

  EXPECT_TRUE(growths[0].types.empty());
  EXPECT_NE(growths[0].gap.find("off by 300000"), std::string::npos) << growths[0].gap;
}

TEST_F(HeapWatchTest, LeavesOutWhatHardlyGrewOrMayNotHave)
{
  Census unsure = census_at(2s, { { "few", 9, 10 * kib },
                                  { "small", 50, kib - 1 },
                                  { "within the error", 40, 9 * kib },
                                  { "real", 41, 100 * kib },
                                  { "in its shade", 41, 2 * kib - 1 } });
  unsure.quality.error_objects = 40;
  sees(census_at(1s, { { "shrinks", 500, 50 * kib } }));
  sees(unsure);

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  const auto growths = watched.look_at_end();

  ASSERT_EQ(growths[0].types.size(), 1U);
  EXPECT_EQ(growths[0].types[0].type, "real");
  EXPECT_EQ(growths[0].error_objects, 40U);
}

TEST_F(HeapWatchTest, TellsOfWhatBelongsToRequestsAndIsThereAtTheEnd)
{
  const std::string context = "flask.ctx.AppContext";
  sees(census_at(1s, { { "dict", 50, kib }, { context, 3, kib } }));
  sees(census_at(9s, { { "dict", 50, kib },
                       { context, 5, kib },
                       { "sqlalchemy.orm.session.Session", 1, kib } }),
       { { context, 5, { { "a", 2 }, { "b", 1 }, { "c", 1 }, { "d", 1 } } } });

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  const auto growths = watched.look_at_end();
  EXPECT_EQ(heaps.asked.back(), std::vector<std::string>{ context });
  ASSERT_EQ(growths.at(0).of_requests.size(), 2U);
  EXPECT_EQ(growths[0].of_requests[0],
            (domain::RequestObjects{ context, 3, 5, { { "a", 2 }, { "b", 1 }, { "c", 1 } } }));
  EXPECT_EQ(growths[0].of_requests[1],
            (domain::RequestObjects{ "sqlalchemy.orm.session.Session", 0, 1, {} }));
}

TEST_F(HeapWatchTest, TellsOfWhatGrewThoughNoRequestIsLeft)
{
  const std::string context = "flask.ctx.AppContext";
  sees(census_at(1s, { { "dict", 50, kib }, { context, 1, kib } }));
  sees(census_at(9s, { { "dict", 500, 10 * kib } }));

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  const auto growths = watched.look_at_end();
  EXPECT_EQ(growths.at(0).types.size(), 1U);
  EXPECT_TRUE(growths[0].of_requests.empty());
}

TEST_F(HeapWatchTest, AsksForNobodyWhereNothingGrew)
{
  for (const auto time : { 1s, 2s, 3s })
    sees(census_at(time, { { "dict", 5000, 900 * kib } }));

  HeapWatch watched = watch({ 101 });
  watched.look_at_begin();
  watched.look_at_middle();
  const auto growths = watched.look_at_end();

  EXPECT_TRUE(growths[0].types.empty());
  EXPECT_EQ(growths[0].gap, "");
  EXPECT_EQ(heaps.asked, (std::vector<std::vector<std::string>>(3)));
}

TEST_F(HeapWatchTest, SaysWhyItKnowsNothingOfAWorkerThatDied)
{
  sees(census_at(1s, {}));

  HeapWatch watched = watch({ 101, 102 });
  watched.look_at_begin();
  watched.look_at_middle();
  const auto growths = watched.look_at_end();

  ASSERT_EQ(growths.size(), 2U);
  EXPECT_EQ(growths[0].gap, "the process is gone");
  EXPECT_EQ(growths[1].gap, "the process is gone");
}

TEST(CanariesTest, TakesTheFirstOfEachServerFirst)
{
  const auto server = [](std::vector<std::uint32_t> tgids) {
    domain::Server made;
    for (const std::uint32_t tgid : tgids)
      made.workers.push_back({ .tgid = tgid });
    return made;
  };
  using Tgids = std::vector<std::uint32_t>;
  EXPECT_EQ(canaries({}), Tgids{});
  EXPECT_EQ(canaries({ server({}), server({ 7 }) }), Tgids{ 7 });
  EXPECT_EQ(canaries({ server({ 1, 2, 3 }), server({ 11 }), server({ 21, 22, 23 }) }),
            (Tgids{ 1, 11, 21, 2 }));
}

} // namespace
} // namespace linger::app
