#include "serve/render/census_text.h"

#include "serve/convert_census.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

domain::Census census(std::uint64_t sessions)
{
  domain::Census census;
  census.tgid = 4712;
  census.python_version = "3.11";
  domain::set_types(census,
                    { { "shop.views.Session", sessions, sessions * 56 }, { "str", 1000, 61'000 } });
  census.tracked = sessions;
  census.quality = { .idle = true, .attempts = 1, .copied_bytes = 20'000'000 };
  census.time = domain::WallTime{ std::chrono::seconds(sessions) };
  return census;
}

TEST(CensusText, IsATableOfTypes)
{
  const std::string text = census_text(to_proto(census(1203)), {});
  EXPECT_THAT(text, HasSubstr("worker 4712, CPython 3.11: 2,203 objects"));
  EXPECT_THAT(text, HasSubstr("1,203  67.4 KB   52 %  shop.views.Session"));
  EXPECT_THAT(text, HasSubstr("2,203"));
  EXPECT_THAT(text, HasSubstr("the counts are exact"));
}

TEST(CensusText, SaysHowFarCountsMayBeOff)
{
  domain::Census busy = census(1);
  busy.quality.idle = false;
  busy.quality.attempts = 31;
  busy.quality.error_objects = 1234;
  busy.quality.gaps = { "half of it was in the way" };
  const std::string text = census_text(to_proto(busy), { .width = 200 });
  EXPECT_THAT(text, HasSubstr("31 attempts"));
  EXPECT_THAT(text, HasSubstr("the worker was busy: counts may be off by about 1,234"));
  EXPECT_THAT(text, HasSubstr("half of it was in the way"));
  EXPECT_THAT(text, Not(HasSubstr("exact")));
}

TEST(CensusText, SaysWhatGrew)
{
  const v1::Census message = to_proto(census(10), census(30));
  EXPECT_EQ(message.window_ns(), 20'000'000'000U);
  ASSERT_EQ(message.growth_size(), 1);
  EXPECT_EQ(message.growth(0).objects(), 20);
  const std::string text = census_text(message, {});
  EXPECT_THAT(text, HasSubstr("GROWTH in 20.0 s"));
  EXPECT_THAT(text, HasSubstr("+20  +1.12 KB  shop.views.Session"));
  EXPECT_THAT(text, Not(HasSubstr("TYPES")));
  EXPECT_THAT(census_text(to_proto(census(30), census(30)), {}), HasSubstr("none"));
}

TEST(CensusText, SaysWhoHoldsWhat)
{
  v1::Census message = to_proto(census(1203));
  *message.add_retainers() =
      to_proto(domain::Retainers{ .type = "Session",
                                  .objects = 1203,
                                  .paths = { { "`shop.views.RECENT` (list) -> Session", 1155 } } });
  const std::string text = census_text(message, { .width = 200 });
  EXPECT_THAT(text, HasSubstr("`shop.views.RECENT` (list) -> Session holds 96 % of 1,203"));
  EXPECT_THAT(text, HasSubstr("48 are held in other ways"));
}

TEST(CensusText, PrintsNothingThatATerminalActsUpon)
{
  domain::Census hostile = census(1);
  hostile.types[0].type = "a\x1b[2Jb";
  v1::Census message = to_proto(hostile);
  *message.add_retainers() = to_proto(
      domain::Retainers{ .type = "x\x1b[2J", .objects = 1, .paths = { { "`\x1b[2J`", 1 } } });
  EXPECT_EQ(census_text(message, {}).find('\x1b'), std::string::npos);
}

} // namespace
} // namespace linger::serve
