#include "serve/render/layout.h"

#include "serve/render/figures.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>
#include <limits>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, KeepsThreeDigits)
{
  EXPECT_EQ(duration_text(domain::Nanos(0)), "0 ns");
  EXPECT_EQ(duration_text(domain::Nanos(999)), "999 ns");
  EXPECT_EQ(duration_text(domain::Nanos(1'500)), "1.50 us");
  EXPECT_EQ(duration_text(domain::Nanos(81'300us)), "81.3 ms");
  EXPECT_EQ(duration_text(domain::Nanos(999'960us)), "1.00 s");
  EXPECT_EQ(duration_text(domain::Nanos(30s)), "30.0 s");
  EXPECT_EQ(duration_text(domain::Nanos(200s)), "3 min 20 s");
  EXPECT_EQ(duration_text(domain::Nanos(1h)), "1 h");
  EXPECT_EQ(duration_text(domain::Nanos(125min)), "2 h 5 min");
  EXPECT_EQ(duration_text(domain::Nanos(-1)), "0 ns");
}

TEST(BytesText, CountsInThousands)
{
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(-0.1), "0 B");
  EXPECT_EQ(bytes_text(812), "812 B");
  EXPECT_EQ(bytes_text(28'672), "28.7 KB");
  EXPECT_EQ(bytes_text(999'600), "1.00 MB");
  EXPECT_EQ(bytes_text(-1.2e9), "-1.20 GB");
  EXPECT_EQ(bytes_text(std::numeric_limits<double>::quiet_NaN()), "unknown");
  EXPECT_EQ(growth_text(2.1e6), "+2.10 MB");
  EXPECT_EQ(growth_text(0), "0 B");
}

TEST(CountText, SeparatesThousands)
{
  EXPECT_EQ(count_text(7), "7");
  EXPECT_EQ(count_text(1203), "1,203");
  EXPECT_EQ(count_text(1'000'000), "1,000,000");
}

TEST(PercentText, DoesNotHideWhatIsSmall)
{
  EXPECT_EQ(percent_text(0), "0 %");
  EXPECT_EQ(percent_text(0.001), "<1 %");
  EXPECT_EQ(percent_text(0.981), "98 %");
}

TEST(ClockText, IsInUtc)
{
  const auto time = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(1'700'000'000'123);
  EXPECT_EQ(clock_text(time), "22:13:20.123");
  EXPECT_EQ(date_text(time), "2023-11-14 22:13:20 UTC");
  google::protobuf::Timestamp nonsense;
  nonsense.set_seconds(INT64_MAX);
  nonsense.set_nanos(-1);
  EXPECT_EQ(date_text(nonsense), "9999-12-31 23:59:59 UTC");
}

TEST(Wrapped, BreaksBetweenWordsUnderTheFirst)
{
  EXPECT_EQ(wrapped("one two three four", 12, "- ", 2), "- one two\n  three four\n");
}

TEST(Wrapped, CutsWordsThatDoNotFit)
{
  EXPECT_EQ(wrapped("ab 0123456789abcdef", 10, "", 0), "ab\n0123456789\nabcdef\n");
  EXPECT_EQ(wrapped("\u00e9\u00e9\u00e9", 2, "", 0), "\u00e9\u00e9\n\u00e9\n");
}

TEST(Wrapped, KeepsParagraphsAndEscapesTheRest)
{
  EXPECT_EQ(wrapped("a\nb\x1b", 10, "> ", 2), "> a\n  b\\x1b\n");
  EXPECT_EQ(wrapped("", 10, "> ", 2), ">\n");
}

TEST(Table, AlignsColumnsAndWrapsTheLast)
{
  Table table({ { "N", Table::Align::right }, { "KIND" }, { "WHAT" } });
  table.add({ .cells = { "1", "lock", "a" }, .notes = { "below" } });
  table.add({ .cells = { "23", "x", "aaaaaaaaaa bbbbbbbbbb cccccccccc dddd" }, .notes = {} });
  EXPECT_EQ(table.text(2, { .width = 42 }), "   N  KIND  WHAT\n"
                                            "   1  lock  a\n"
                                            "    below\n"
                                            "  23  x     aaaaaaaaaa bbbbbbbbbb\n"
                                            "            cccccccccc dddd\n");
}

TEST(Table, PutsTheLastColumnOnItsOwnLineWhenThereIsNoRoom)
{
  Table table({ { std::string(30, 'C') }, { "WHAT" } });
  table.add({ .cells = { "x", "a long one that needs room" }, .notes = {} });
  EXPECT_EQ(table.text(0, { .width = 40 }),
            std::string(30, 'C') + "\na long one that needs room\nx\n");
}

} // namespace
} // namespace linger::serve
