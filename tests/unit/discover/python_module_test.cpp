#include "discover/python_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

/// "LINE: TEXT", nested ones with a "+" in front.
std::vector<std::string> shown(std::string_view source)
{
  std::vector<std::string> lines;
  for (const PythonStatement &statement : python_statements(source))
    lines.push_back((statement.is_nested ? "+" : "") + std::to_string(statement.line) + ": " +
                    statement.text);
  return lines;
}

TEST(PythonStatements, EndAtLinesAndSemicolons)
{
  EXPECT_THAT(shown("a = 1  # one\n\nb = '#'; c = 2\r\n"),
              ElementsAre("1: a = 1", "3: b = '#'", "3: c = 2"));
}

TEST(PythonStatements, GoOnInsideOfBracketsAndAfterABackslash)
{
  EXPECT_THAT(shown("a = [  # first\n  1,\n  2 ]\nb = \\\n  3\nc = 4\n"),
              ElementsAre("1: a = [  \n  1,\n  2 ]", "4: b =    3", "6: c = 4"));
}

TEST(PythonStatements, AreNotFoundInsideOfStrings)
{
  EXPECT_THAT(shown("'''\nworkers = 1\n'''\nx = 'it\\'s'  # '\ny = \"\"\"\nz = 1\n\"\"\"\nw = 2\n"),
              ElementsAre("1: '''\nworkers = 1\n'''", "4: x = 'it\\'s'",
                          "5: y = \"\"\"\nz = 1\n\"\"\"", "8: w = 2"));
}

TEST(PythonStatements, LeaveOutFunctionsAndClasses)
{
  EXPECT_THAT(shown("def f(a=1):\n    workers = 1\n\n    def g():\n        x = 1\n    y = 2\n"
                    "class C: workers = 3\nif a:\n    def h():\n        b = 1\n    c = 2\nd = 3\n"),
              ElementsAre("8: if a:", "+11: c = 2", "12: d = 3"));
}

TEST(PythonStatements, ComeToAnEndOnGarbage)
{
  EXPECT_THAT(shown(""), IsEmpty());
  EXPECT_THAT(shown("'"), ElementsAre("1: '"));
  EXPECT_THAT(shown("'''"), ElementsAre("1: '''"));
  EXPECT_THAT(shown("\\"), ElementsAre("1: \\"));
  EXPECT_THAT(shown("a = (1\nb = 2"), ElementsAre("1: a = (1\nb = 2"));
  EXPECT_THAT(shown("a = 'x\nb = 2)"), ElementsAre("1: a = 'x", "2: b = 2)"));
}

TEST(PythonStatements, AreReadInOneGo)
{
  // With a look back at all blanks for each of them this takes many minutes.
  const std::string blanks(1 << 20, '\r');
  EXPECT_THAT(shown("a = 1;" + blanks + "b = 2"), ElementsAre("1: a = 1", "1: b = 2"));
}

TEST(DecodeAssignment, ReadsOneNameOrSeveral)
{
  const auto names_of = [](std::string_view statement) {
    const auto assignment = decode_assignment(statement);
    return assignment ? assignment->names : std::vector<std::string>{};
  };

  EXPECT_THAT(names_of("workers = 4"), ElementsAre("workers"));
  EXPECT_THAT(names_of("a=b = f(x=1)"), ElementsAre("a", "b"));
  EXPECT_THAT(names_of("workers: int = 4"), ElementsAre("workers"));
  EXPECT_EQ(decode_assignment("a = b == c")->value, "b == c");
  for (const std::string_view statement :
       { "workers == 4", "workers += 4", "a, b = 1, 2", "x.workers = 4", "x['a'] = 4", "f(a=1)",
         "if a: b = 1", "else: b = 1", "a <= b", "a != b", "", "=", "x" })
    EXPECT_THAT(names_of(statement), IsEmpty()) << statement;
}

TEST(MayAssign, SeesOtherWaysToBindAName)
{
  for (const std::string_view statement :
       { "workers += 1", "workers, x = 1, 2", "if a: workers = 1", "else: workers = 1",
         "del workers", "workers <<= 1", "(workers) = 1", "x[0] = workers = 1" })
    EXPECT_TRUE(may_assign(statement, "workers")) << statement;
  for (const std::string_view statement : { "x.workers = 1", "d['workers'] = 1", "my_workers += 1",
                                            "workers_x += 1", "workers == 1", "print(workers)" })
    EXPECT_FALSE(may_assign(statement, "workers")) << statement;
}

TEST(DecodeLiteral, ReadsScalars)
{
  EXPECT_THAT(decode_literal("4"), Optional(ElementsAre("4")));
  EXPECT_THAT(decode_literal("0x_1F"), Optional(ElementsAre("0x_1F")));
  EXPECT_THAT(decode_literal("True"), Optional(ElementsAre("True")));
  EXPECT_THAT(decode_literal("None"), Optional(IsEmpty()));
  EXPECT_THAT(decode_literal(" ( 'a' ) "), Optional(ElementsAre("a")));
}

TEST(DecodeLiteral, ReadsStringsOfEveryKind)
{
  EXPECT_THAT(decode_literal("'a' \"b\""), Optional(ElementsAre("ab")));
  EXPECT_THAT(decode_literal("'''a'b'''"), Optional(ElementsAre("a'b")));
  EXPECT_THAT(decode_literal("''"), Optional(ElementsAre("")));
  EXPECT_THAT(decode_literal(R"(b'a\n\'\\')"), Optional(ElementsAre("a\n'\\")));
  EXPECT_THAT(decode_literal(R"(r'\d\'')"), Optional(ElementsAre(R"(\d\')")));
}

TEST(DecodeLiteral, ReadsListsAndTuples)
{
  EXPECT_THAT(decode_literal("['a',\n \"b\",]"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(decode_literal("'a', 'b'"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(decode_literal("[]"), Optional(IsEmpty()));
}

TEST(DecodeLiteral, RefusesWhatMustBeComputed)
{
  for (const std::string_view expression : { "",          "cpu_count() * 2 + 1",
                                             "2 * 4",     "4 if x else 2",
                                             "f'{x}'",    "rf'{x}'",
                                             "'a' + 'b'", "-1",
                                             "['a', x]",  "[['a']]",
                                             "{'a': 1}",  "'a'.upper()",
                                             "'\\x41'",   "'a",
                                             "['a'",      "'a']",
                                             "(",         "'\\",
                                             "r'\\",      ",",
                                             "int('4')" })
    EXPECT_EQ(decode_literal(expression), std::nullopt) << expression;
}

} // namespace
} // namespace linger::discover
