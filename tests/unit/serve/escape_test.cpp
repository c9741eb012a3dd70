#include "serve/escape.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::string_view_literals;

TEST(ValidUtf8, LeavesGoodTextAlone)
{
  EXPECT_EQ(valid_utf8("/caf\u00e9/\u65e5\u672c/\U0001f600\n"),
            "/caf\u00e9/\u65e5\u672c/\U0001f600\n");
}

TEST(ValidUtf8, WritesOutBytesThatAreNoCharacter)
{
  EXPECT_EQ(valid_utf8("/caf\xe9"), "/caf\\xe9");
  EXPECT_EQ(valid_utf8("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(valid_utf8("\x80g"), "\\x80g");
}

TEST(ValidUtf8, WritesOutCharactersCutAnywhere)
{
  const std::string_view smile = "\U0001f600";
  for (std::size_t size = 1; size < smile.size(); ++size)
    EXPECT_EQ(valid_utf8(smile.substr(0, size)).size(), size * 4) << size;
}

TEST(ValidUtf8, RefusesOverlongFormsSurrogatesAndBeyondUnicode)
{
  EXPECT_EQ(valid_utf8("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(valid_utf8("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Printable, WritesOutWhatATerminalWouldActUpon)
{
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("a\r\nb\0c\x7f"sv), "a\\x0d\\x0ab\\x00c\\x7f");
  EXPECT_EQ(printable("\u009b31m"), "\\u{009b}31m"); // CSI in one character
}

TEST(Printable, WritesOutWhatWouldMakeTextLookLikeOtherText)
{
  EXPECT_EQ(printable("a\u202eb"), "a\\u{202e}b");
  EXPECT_EQ(printable("a\u200bb"), "a\\u{200b}b");
  EXPECT_EQ(printable("\U000e0041"), "\\u{e0041}");
}

TEST(Printable, LeavesOtherLanguagesReadable)
{
  EXPECT_EQ(printable("/\u65e5\u672c?\u00fc"), "/\u65e5\u672c?\u00fc");
}

TEST(Printable, KeepsNoControlOfAnyPairOfBytes)
{
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{ static_cast<char>(first), static_cast<char>(second) };
      const std::string shown = printable(text);
      for (const char byte : shown)
        ASSERT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f) << first << second;
      ASSERT_EQ(valid_utf8(shown), shown);
    }
  }
}

TEST(WidthOf, CountsCharacters)
{
  EXPECT_EQ(width_of("caf\u00e9"), 4U);
  EXPECT_EQ(width_of(""), 0U);
}

} // namespace
} // namespace linger::serve
