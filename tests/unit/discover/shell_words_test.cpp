#include "discover/shell_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShellWords, CutsAtBlanks)
{
  EXPECT_THAT(*shell_words("  -w 4\t--bind=:80\n"), ElementsAre("-w", "4", "--bind=:80"));
  EXPECT_THAT(*shell_words(" \n"), IsEmpty());
}

// What shlex.split() of Python 3.11 makes of the same.
TEST(ShellWords, UnderstandsQuotesAndBackslashes)
{
  EXPECT_THAT(*shell_words(R"(a'b c'"d e" '' f\ g "h\"i\\j\k" 'l\m' #n)"),
              ElementsAre("ab cd e", "", "f g", R"(h"i\j\k)", R"(l\m)", "#n"));
}

TEST(ShellWords, RefusesWhatIsNotClosed)
{
  for (const std::string_view text : { "a 'b", "a \"b", "a \\", "\"\\" })
    EXPECT_EQ(shell_words(text).error().kind, Error::Kind::malformed) << text;
}

} // namespace
} // namespace linger::discover
