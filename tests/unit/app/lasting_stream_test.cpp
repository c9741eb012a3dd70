#include "app/commands/lasting_stream.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, WaitsTwiceAsLongEachTimeUpToABound)
{
  Backoff backoff;
  EXPECT_EQ(backoff.next(), 250ms);
  EXPECT_EQ(backoff.next(), 500ms);
  for (int i = 0; i < 100; ++i)
    EXPECT_LE(backoff.next(), Backoff::longest);
  EXPECT_EQ(backoff.next(), Backoff::longest);
  backoff.reset();
  EXPECT_EQ(backoff.next(), 250ms);
}

TEST(LastingStream, FailsWhereNoWaitingHelps)
{
  const Stream stream{ .follow = {}, .how_it_goes_on = {}, .tell = [](const std::string &) {} };
  const Result<> streamed = stream_lastingly({}, { .address = "nowhere", .tls = {} }, stream, {});
  ASSERT_FALSE(streamed);
  EXPECT_EQ(streamed.error().kind, Error::Kind::usage);
}

TEST(LastingStream, SaysOnceWhatItWaitsForAndEndsWhenToldTo)
{
  std::stop_source stop;
  int told = 0;
  const Stream stream{ .follow = {}, .how_it_goes_on = {}, .tell = [&](const std::string &line) {
                        ++told;
                        EXPECT_NE(line.find("trying again: no agent listens"), std::string::npos);
                        stop.request_stop();
                      } };
  EXPECT_TRUE(stream_lastingly({}, { .address = "unix:///nowhere/linger.sock", .tls = {} }, stream,
                               stop.get_token()));
  EXPECT_EQ(told, 1);
}

} // namespace
} // namespace linger::app
