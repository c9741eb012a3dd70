#include "discover/long_options.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LongOptions decoded(const std::vector<std::string> &words)
{
  constexpr std::array<std::string_view, 1> flags{ "reload" };
  return decode_long_options(words, flags);
}

TEST(LongOptions, TakeTheirValueFromTheSameWordOrTheNext)
{
  const auto options = decoded({ "--port", "80", "--port=81", "app:app", "--host=" });

  EXPECT_THAT(options.settings.at("port").values, ElementsAre("80", "81"));
  EXPECT_THAT(options.settings.at("host").values, ElementsAre(""));
  EXPECT_THAT(options.positional, ElementsAre("app:app"));
}

TEST(LongOptions, MayBeFlags)
{
  const auto options = decoded({ "--reload", "app:app", "--no-ipv6", "more" });

  EXPECT_THAT(options.settings.at("reload").values, ElementsAre("true"));
  EXPECT_THAT(options.positional, ElementsAre("app:app", "more"));
}

TEST(LongOptions, EndAnywhere)
{
  EXPECT_THAT(decoded({ "--port" }).settings, IsEmpty());
  EXPECT_THAT(decoded({ "--", "-", "-x", "" }).settings, IsEmpty());
}

} // namespace
} // namespace linger::discover
