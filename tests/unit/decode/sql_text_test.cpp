#include "decode/sql_text.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace linger::decode {
namespace {

std::string postgresql(std::string_view sql, bool cut = false)
{
  return normalised_sql(sql, SqlDialect::postgresql, cut);
}

std::string mysql(std::string_view sql, bool cut = false)
{
  return normalised_sql(sql, SqlDialect::mysql, cut);
}

TEST(NormalisedSql, ReplacesLiteralsAndKeepsTheRest)
{
  EXPECT_EQ(postgresql("SELECT name FROM cart WHERE id = 17 AND note = 'it''s' AND x > -1.5e-3"),
            "SELECT name FROM cart WHERE id = ? AND note = ? AND x > ?");
  EXPECT_EQ(postgresql("SELECT pg_sleep(0.08)"), "SELECT pg_sleep(?)");
  EXPECT_EQ(postgresql("SELECT a - 1, t1.c2 FROM \"Order 66\" t1"),
            "SELECT a - ?, t1.c2 FROM \"Order 66\" t1");
  EXPECT_EQ(mysql("SELECT `a`.`b` FROM `a` WHERE c = \"jane\" AND d = 0xdead OR e = b'01'"),
            "SELECT `a`.`b` FROM `a` WHERE c = ? AND d = ? OR e = ?");
}

TEST(NormalisedSql, KnowsEveryKindOfLiteral)
{
  EXPECT_EQ(postgresql("SELECT E'a\\'b', $$x'y$$, $q$ $$ $q$, B'01', X'4D', N'n', U&'\\0041', $1"),
            "SELECT ?, ?, ?, ?, ?, ?, U&?, ?");
  EXPECT_EQ(postgresql("UPDATE t SET a = NULL, b = TRUE WHERE c IS NULL"),
            "UPDATE t SET a = ?, b = ? WHERE c IS NULL");
  EXPECT_EQ(postgresql("SELECT 1_000, .5, 0xFF, 1e10::int, '2024-01-01'::date"),
            "SELECT ?, ?, ?, ?::int, ?::date");
}

TEST(NormalisedSql, FoldsWhiteSpaceAndDropsComments)
{
  EXPECT_EQ(postgresql("SELECT  a -- secret\n\t,b /* x /* nested */ secret */ FROM t ; "),
            "SELECT a ,b FROM t");
  EXPECT_EQ(mysql("SELECT 5--3 # secret\nFROM t -- secret"), "SELECT ?--? FROM t");
}

TEST(NormalisedSql, JoinsLists)
{
  EXPECT_EQ(postgresql("SELECT a FROM t WHERE b IN (1, 2, -3)"), "SELECT a FROM t WHERE b IN (?)");
  EXPECT_EQ(postgresql("INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL)"),
            "INSERT INTO t (a, b) VALUES (?)");
  EXPECT_EQ(postgresql("INSERT INTO t VALUES (1, now()), (2, now())"),
            "INSERT INTO t VALUES (?, now())");
  EXPECT_EQ(postgresql("SELECT ARRAY[1, 2]"), "SELECT ARRAY[?]");
  EXPECT_EQ(postgresql("SELECT a IN (SELECT b FROM t)"), "SELECT a IN (SELECT b FROM t)");
}

TEST(NormalisedSql, ShowsNothingOfALiteralThatIsCut)
{
  EXPECT_EQ(postgresql("SELECT a WHERE b = 'sec", true), "SELECT a WHERE b = ? …");
  EXPECT_EQ(postgresql("SELECT a WHERE b = 12", true), "SELECT a WHERE b = ? …");
  EXPECT_EQ(postgresql("SELECT $tag$sec", true), "SELECT ? …");
  EXPECT_EQ(postgresql("SELECT $ta", true), "SELECT ? …");
  EXPECT_EQ(postgresql("SELECT a /* sec", true), "SELECT a …");
  EXPECT_EQ(postgresql("SELECT a WHERE b IN (1, 2, 'sec", true), "SELECT a WHERE b IN (?) …");
  EXPECT_EQ(mysql("INSERT INTO t VALUES (1, 2), (3, \"sec", true), "INSERT INTO t VALUES (?) …");
}

TEST(NormalisedSql, StopsWhereAStringsEndDependsOnTheServersSettings)
{
  EXPECT_EQ(postgresql("SELECT 'C:\\', 'secret'"), "SELECT ? …");
  EXPECT_EQ(mysql("SELECT a WHERE b = 'O\\'Brien' AND c = 'secret'"), "SELECT a WHERE b = ? …");
  EXPECT_EQ(mysql("SELECT 'C:\\\\', d"), "SELECT ?, d");
  // In GBK the backslash is the second byte of a character.
  EXPECT_EQ(mysql("SELECT '\xbf\\\\' secret'"), "SELECT ? …");
  EXPECT_EQ(mysql("SELECT /*!50000 'a*/' secret */ b"), "SELECT …");
}

TEST(NormalisedSql, IsOfBoundedLength)
{
  std::string sql = "SELECT ";
  for (int i = 0; i < 200; ++i)
    sql += "column_" + std::string(1, static_cast<char>('a' + i % 26)) + ", ";
  EXPECT_LE(postgresql(sql).size(), max_sql_text_bytes);
  EXPECT_TRUE(postgresql(sql).ends_with(" …"));
  EXPECT_EQ(postgresql(""), "");
  EXPECT_EQ(postgresql("-- only a comment"), "");
}

// Statements made of pieces that hold a secret in every way in which SQL can hold data, cut
// anywhere.
TEST(NormalisedSql, LeaksNoLiteralWhereverItIsCut)
{
  const std::vector<std::string> code{ "SELECT ", "a",        " = ",       ", ",       "(",
                                       ")",       " IN (",    " VALUES (", " FROM t ", "::int ",
                                       "- ",      "/* c */ ", "-- c\n",    "; " };
  const std::vector<std::string> shared{ "'SECRET'",        "'it''s SECRET'",
                                         "'SECRET\\\\'",    "'SECRET\\' SECRET'",
                                         "31337",           "-31337.31337e+31337",
                                         "/* SECRET */",    "-- SECRET\n",
                                         "0x31337",         "X'31337'",
                                         "'\xbf\\'SECRET'", "_utf8'SECRET'" };
  const std::vector<std::string> of_postgresql{ "$$SECRET$$", "$a$ $$ SECRET $a$",  "E'\\'SECRET'",
                                                "E'\\\\' ",   "/* /* */ SECRET */", "U&'SECRET'" };
  const std::vector<std::string> of_mysql{ "\"SECRET\"", "\"it\"\"s SECRET\"", "# SECRET\n",
                                           "/*! SECRET */", "\"SECRET\\\" SECRET\"" };
  std::mt19937 random(1);
  const auto one_of = [&](const std::vector<std::string> &pieces) {
    return pieces[random() % pieces.size()];
  };
  for (int round = 0; round < 20'000; ++round) {
    const bool is_mysql = round % 2 == 0;
    std::string sql;
    for (unsigned piece = 0; piece < 3 + random() % 10; ++piece) {
      sql += one_of(code) + " "; // or the literal may be the rest of a word
      sql += random() % 2 == 0 ? one_of(shared) : one_of(is_mysql ? of_mysql : of_postgresql);
      sql += random() % 4 == 0 ? "" : " ";
    }
    const std::string cut = sql.substr(0, random() % (sql.size() + 1));
    const std::string text = is_mysql ? mysql(cut, true) : postgresql(cut, true);
    for (const char *leak : { "SEC", "CRET", "RET", "313", "337" })
      EXPECT_EQ(text.find(leak), std::string::npos) << cut << "\n" << text;
    EXPECT_EQ(text.find('\''), std::string::npos) << cut;
  }
}

} // namespace
} // namespace linger::decode
