#include "decode/wait_decoder.h"

#include "decode/target.h"

#include "wire/wait_record.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/syscall.h>

namespace linger::decode {
namespace {

wait_record good()
{
  wait_record record{};
  record.kind = RECORD_WAIT;
  record.cause = CAUSE_DATABASE;
  record.tgid = 7;
  record.tid = 8;
  record.sequence = 3;
  record.begin_ns = 10;
  record.end_ns = 30;
  record.syscall = SYS_poll;
  record.target = *target_of("127.0.0.1", 5432);
  return record;
}

auto decode(const wait_record &record)
{
  return decode_wait(std::as_bytes(std::span(&record, 1)));
}

TEST(DecodeWait, TurnsWireFieldsIntoDomainWords)
{
  const auto wait = decode(good());

  ASSERT_TRUE(wait) << wait.error().what;
  EXPECT_EQ(wait->cause, domain::Cause::database);
  EXPECT_EQ(wait->what, "127.0.0.1:5432");
  EXPECT_EQ(wait->window.length(), domain::Nanos{ 20 });
}

TEST(DecodeWait, RejectsATruncatedRecord)
{
  const wait_record record = good();
  const auto wait = decode_wait(std::as_bytes(std::span(&record, 1)).first(63));

  ASSERT_FALSE(wait);
  EXPECT_EQ(wait.error().what, "wait_record: expected 64 bytes, got 63");
}

TEST(DecodeWait, RejectsTimesThatNoClockShows)
{
  wait_record record = good();
  record.begin_ns = (1ULL << 63) - 1;
  record.end_ns = 1ULL << 63;
  EXPECT_EQ(decode(record).error().kind, Error::Kind::malformed);
}

TEST(DecodeWait, RejectsACauseItDoesNotKnow)
{
  wait_record record = good();
  record.cause = CAUSE_COUNT;
  EXPECT_EQ(decode(record).error().kind, Error::Kind::malformed);
}

TEST(Describe, NamesWhatWasWaitedOn)
{
  EXPECT_EQ(describe(*target_of("::1", 6379), 0), "[::1]:6379");
  EXPECT_EQ(describe(*target_of("::ffff:10.0.0.7", 80), 0), "10.0.0.7:80");
  EXPECT_EQ(describe(*target_of("/run/db", 0), 0), "unix:/run/db");
  EXPECT_EQ(describe(*target_of("/var/run/postgresql/.s.PGSQL.5432", 0), 0),
            "unix:…ql/.s.PGSQL.5432");
  EXPECT_EQ(describe({}, SYS_clock_nanosleep), "clock_nanosleep");
  EXPECT_EQ(describe({}, 4711), "system call 4711");
  EXPECT_EQ(describe({}, -1), "page fault");
  EXPECT_EQ(describe({ .target_kind = TARGET_FUTEX, .port = 0, .address = {} }, 202), "futex");
  EXPECT_EQ(describe({ .target_kind = TARGET_GIL, .port = 0, .address = {} }, 202), "GIL");
  EXPECT_EQ(describe({ .target_kind = TARGET_SAMPLE, .port = 0, .address = {} }, -1), "sampled");
}

TEST(Describe, ShowsNoControlCharactersOfAPath)
{
  wait_target target{};
  target.target_kind = TARGET_UNIX;
  std::memcpy(target.address, "/\x1b[31m\n", 7);
  EXPECT_EQ(describe(target, 0), "unix:/?[31m?");
}

TEST(TargetOf, RefusesWhatIsNoAddress)
{
  EXPECT_FALSE(target_of("localhost", 80));
  EXPECT_FALSE(target_of("", 80));
}

} // namespace
} // namespace linger::decode
