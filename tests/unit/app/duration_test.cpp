#include "app/duration.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsANumberAndItsUnit)
{
  EXPECT_EQ(parse_duration("250us", 1h), 250us);
  EXPECT_EQ(parse_duration("500ms", 1h), 500ms);
  EXPECT_EQ(parse_duration("30s", 1h), 30s);
  EXPECT_EQ(parse_duration("5m", 1h), 5min);
  EXPECT_EQ(parse_duration("1h", 1h), 1h);
}

TEST(ParseDuration, ReadsFractionsExactly)
{
  EXPECT_EQ(parse_duration("1.5m", 1h), 90s);
  EXPECT_EQ(parse_duration("0.3ms", 1h), 300us);
}

TEST(ParseDuration, RefusesWhatIsNoDurationAndSaysWhatOneLooksLike)
{
  for (const char *text : { "", "30", "s", "abc", "-5s", "+5s", " 5s", "5 s", "5s ", "5sec", "1e3s",
                            "0x10s", "inf", "infs", "nan", "nans", ".5s", "1m30s", "1,5s" }) {
    const auto parsed = parse_duration(text, 1h);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, Error::Kind::usage) << text;
    EXPECT_NE(parsed.error().what.find("30s"), std::string::npos) << parsed.error().what;
  }
}

TEST(ParseDuration, RefusesNoTimeAtAll)
{
  EXPECT_FALSE(parse_duration("0s", 1h));
  EXPECT_FALSE(parse_duration("0.0001us", 1h));
}

TEST(ParseDuration, RefusesMoreThanTheMostAndNumbersThatNoIntegerHolds)
{
  EXPECT_FALSE(parse_duration("61m", 1h));
  EXPECT_FALSE(parse_duration("99999999999999999999999h", 1h));
  EXPECT_FALSE(parse_duration(std::string(400, '9') + "s", 1h));
  EXPECT_FALSE(parse_duration("9223372036854776us", domain::Nanos::max()));
}

} // namespace
} // namespace linger::app
