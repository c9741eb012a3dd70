#include "collect/raised_exceptions.h"

#include "unit/domain/observations.h"

#include <gtest/gtest.h>

namespace linger::collect {
namespace {

using domain::Request;
using domain::test::request;
using domain::test::worker;
using namespace std::chrono_literals;

constexpr const char *first_line = "Traceback (most recent call last):\n";
constexpr const char *frame = "  File \"/srv/cart.py\", line 31, in total\n";

struct RaisedExceptionsTest : testing::Test {
  void write(std::uint64_t sequence, const std::string &text, bool begins = true)
  {
    raised.note(decode::TracebackPiece{
        .tgid = worker, .tid = worker, .sequence = sequence, .begins = begins, .text = text });
  }

  std::string told(std::uint64_t sequence)
  {
    Request ended = request(sequence, 1s, 2s);
    raised.fill(ended);
    return ended.exception_type + " at " + ended.exception_code;
  }

  RaisedExceptions raised{ [](std::uint32_t, const decode::Traceback &traceback) {
    return traceback.lines.front().function;
  } };
};

TEST_F(RaisedExceptionsTest, GivesARequestTheExceptionThatWasWrittenInIt)
{
  write(3, std::string(first_line) + frame + "KeyError: 'x'\n");
  EXPECT_EQ(told(3), "KeyError at total");
  EXPECT_EQ(told(3), "KeyError at total") << "a request may be told of twice";
  EXPECT_EQ(told(4), " at ");
}

TEST_F(RaisedExceptionsTest, PutsPiecesTogether)
{
  write(3, first_line);
  write(3, frame, false);
  EXPECT_EQ(told(3), " at ");
  write(3, "KeyError: 'x'\n", false);
  EXPECT_EQ(told(3), "KeyError at total");
}

TEST_F(RaisedExceptionsTest, TheLastOneCounts)
{
  write(3, std::string(first_line) + frame + "KeyError: 'x'\n");
  write(3, std::string(first_line) + frame + "ValueError\n");
  EXPECT_EQ(told(3), "ValueError at total");
}

TEST_F(RaisedExceptionsTest, ForgetsWhatBelongsToAnEarlierRequest)
{
  write(3, first_line);
  write(4, frame, false);
  write(4, "KeyError: 'x'\n", false);
  EXPECT_EQ(told(3), " at ");
  EXPECT_EQ(told(4), "KeyError at total");
}

TEST_F(RaisedExceptionsTest, KeepsLittleOfWhatNeverEnds)
{
  write(3, first_line);
  for (int i = 0; i < 1000; ++i)
    write(3, "    " + std::string(1000, 'x') + "\n", false);
  write(3, frame, false);
  write(3, "KeyError: 'x'\n", false);
  EXPECT_EQ(told(3), "KeyError at total");
}

TEST_F(RaisedExceptionsTest, ForgetsAProcessThatEnded)
{
  write(3, std::string(first_line) + frame + "KeyError: 'x'\n");
  raised.note(domain::test::exited(2s, worker));
  EXPECT_EQ(told(3), " at ");
}

} // namespace
} // namespace linger::collect
