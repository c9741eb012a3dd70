#include "decode/traceback.h"
#include "decode/traceback_decoder.h"

#include "wire/traceback_record.h"

#include <cstring>
#include <gtest/gtest.h>

namespace linger::decode {
namespace {

const std::string traceback = "Traceback (most recent call last):\n"
                              "  File \"/srv/shop/app.py\", line 12, in show\n"
                              "    return total(cart)\n"
                              "           ^^^^^^^^^^^\n"
                              "  File \"/srv/shop/cart.py\", line 31, in total\n"
                              "    return prices[item]\n"
                              "\n"
                              "KeyError: 'secret'\n";

const Traceback key_error{ .type = "KeyError",
                           .lines = { { "/srv/shop/cart.py", "total", 31 },
                                      { "/srv/shop/app.py", "show", 12 } } };

TEST(TracebackTest, NamesTheTypeAndTheLinesTheInnermostFirst)
{
  EXPECT_EQ(parse_traceback(traceback), key_error);
  EXPECT_EQ(
      parse_traceback("[2026-11-29 10:00:00 +0000] [7] [ERROR] Error handling request /x?y=1\n" +
                      traceback),
      key_error);
}

TEST(TracebackTest, LeavesOutTheMessageHoweverManyLinesItHas)
{
  std::string text = traceback;
  text += "second line of it\n  File \"/etc/secret\", line 1, in secret\nSecret: 1\n";
  EXPECT_EQ(parse_traceback(text), key_error);
}

TEST(TracebackTest, NamesTheExceptionThatWasNotHandled)
{
  const auto chained =
      parse_traceback("Traceback (most recent call last):\n"
                      "  File \"/srv/shop/db.py\", line 5, in read\n"
                      "LookupError: secret\n"
                      "\n"
                      "During handling of the above exception, another exception occurred:\n"
                      "\n" +
                      traceback);
  EXPECT_EQ(chained, key_error);
}

TEST(TracebackTest, ReadsQualifiedTypesAndThoseWithoutAMessage)
{
  const std::string frames = "Traceback (most recent call last):\n"
                             "  File \"a.py\", line 1, in <module>\n";
  EXPECT_EQ(parse_traceback(frames + "psycopg2.errors.UndefinedTable: relation\n")->type,
            "psycopg2.errors.UndefinedTable");
  EXPECT_EQ(parse_traceback(frames + "shop.Empty")->type, "shop.Empty");
  EXPECT_EQ(parse_traceback(frames + "shop.Empty\r\n")->type, "shop.Empty");
}

TEST(TracebackTest, ReadsOneInAStringOfJson)
{
  EXPECT_EQ(
      parse_traceback(R"({"message": "Exception on /x", "exc_info": "Traceback (most recent )"
                      R"(call last):\n  File \"/srv/shop/app.py\", line 12, in show\n    x()\n)"
                      R"(  File \"/srv/shop/cart.py\", line 31, in total\n    y\nKeyError: )"
                      R"('secret'", "level": "ERROR"})"),
      key_error);
}

TEST(TracebackTest, ReadsTheEndOfOneThatWasCut)
{
  const auto cut = parse_traceback(traceback.substr(50));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->type, "KeyError");
  EXPECT_EQ(cut->lines, std::vector{ key_error.lines[0] });
}

TEST(TracebackTest, IsNothingBeforeItsEndHasCome)
{
  for (std::size_t end = 0; end < traceback.find("KeyError"); ++end)
    EXPECT_EQ(parse_traceback(traceback.substr(0, end)), std::nullopt) << end;
}

TEST(TracebackTest, IsNothingWhereNoTypeStandsBehindTheLines)
{
  const std::string frames = "Traceback (most recent call last):\n"
                             "  File \"a.py\", line 1, in f\n";
  EXPECT_EQ(parse_traceback(frames + "a sentence with a secret\n"), std::nullopt);
  EXPECT_EQ(parse_traceback(frames + "4711: secret\n"), std::nullopt);
  EXPECT_EQ(parse_traceback(frames + std::string(1000, 'x') + "\n"), std::nullopt);
  EXPECT_EQ(parse_traceback("Traceback (most recent call last):\nsecret\n"), std::nullopt);
  EXPECT_EQ(parse_traceback(""), std::nullopt);
}

TEST(TracebackTest, TakesNoLineThatIsNone)
{
  EXPECT_EQ(parse_traceback("Traceback (most recent call last):\n"
                            "  File \"a\x1b[31m.py\", line 1, in f\n"
                            "  File \"a.py\", line x, in f\n"
                            "  File \"a.py\", line -1, in f\n"
                            "  File \"a.py\"\n"
                            "SyntaxError: secret\n"),
            std::nullopt);
}

std::string record_with(const std::string &text, std::uint32_t flags = TRACEBACK_BEGINS)
{
  traceback_record record{};
  record.kind = RECORD_TRACEBACK;
  record.flags = flags;
  record.tgid = 7;
  record.tid = 8;
  record.sequence = 9;
  record.text_bytes = static_cast<std::uint32_t>(text.size());
  std::string bytes(offsetof(traceback_record, text), '\0');
  std::memcpy(bytes.data(), &record, bytes.size());
  return bytes + text;
}

Result<TracebackPiece> decoded(const std::string &bytes)
{
  return decode_traceback(std::as_bytes(std::span(bytes)));
}

TEST(TracebackDecoderTest, ReadsAPiece)
{
  const auto piece = decoded(record_with("Traceback"));
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->tgid, 7U);
  EXPECT_EQ(piece->tid, 8U);
  EXPECT_EQ(piece->sequence, 9U);
  EXPECT_TRUE(piece->begins);
  EXPECT_EQ(piece->text, "Traceback");
  EXPECT_FALSE(decoded(record_with("  File", 0))->begins);
}

TEST(TracebackDecoderTest, RefusesWhatCannotBe)
{
  const std::string bytes = record_with("Traceback");
  for (std::size_t end = 0; end < bytes.size(); ++end)
    EXPECT_FALSE(decoded(bytes.substr(0, end))) << end;
  EXPECT_FALSE(decoded(bytes + "x"));
  EXPECT_FALSE(decoded(record_with("Traceback", 1U << 31)));
  EXPECT_FALSE(decoded(record_with(std::string(TRACEBACK_BYTES + 1, 'x'))));
}

} // namespace
} // namespace linger::decode
