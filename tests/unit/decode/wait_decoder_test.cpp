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

/// A question cut to what is stated of it, as it is on the wire.
std::span<const std::byte> bytes_of(const wait_record &record)
{
  return std::as_bytes(std::span(&record, 1))
      .first(offsetof(wait_record, question) + record.question_bytes);
}

auto decode(const wait_record &record)
{
  KnownToWaits known;
  return decode_wait(bytes_of(record), known);
}

wait_record asking(const std::string &question, std::uint32_t asked_bytes)
{
  wait_record record = good();
  record.question_bytes = static_cast<std::uint32_t>(question.size());
  record.asked_bytes = asked_bytes;
  std::memcpy(record.question, question.data(), question.size());
  return record;
}

TEST(DecodeWait, TurnsWireFieldsIntoDomainWords)
{
  const auto wait = decode(good());

  ASSERT_TRUE(wait) << wait.error().what;
  EXPECT_EQ(wait->cause, domain::Cause::database);
  EXPECT_EQ(wait->what, "127.0.0.1:5432");
  EXPECT_EQ(wait->window.length(), domain::Nanos{ 20 });
}

TEST(DecodeWait, TellsAWaitOfALoopFromOneOfARequestInIt)
{
  wait_record record = good();
  record.flags = WAIT_INTERLEAVED;
  EXPECT_TRUE(decode(record)->interleaved);
  EXPECT_FALSE(decode(record)->held_loop);
  record.flags |= WAIT_HELD_LOOP;
  EXPECT_TRUE(decode(record)->held_loop);
}

TEST(DecodeWait, RejectsATruncatedRecord)
{
  const wait_record record = good();
  KnownToWaits known;
  const auto wait = decode_wait(bytes_of(record).first(87), known);

  ASSERT_FALSE(wait);
  EXPECT_EQ(wait.error().what, "wait_record: impossible size 87");
}

TEST(DecodeWait, RejectsAQuestionThatIsNotAsLongAsItIsSaidToBe)
{
  wait_record record = asking("x", 1);
  const auto bytes = bytes_of(record);
  record.question_bytes = 2;
  KnownToWaits known;
  const auto wait = decode_wait(bytes, known);

  ASSERT_FALSE(wait);
  EXPECT_EQ(wait.error().what, "wait_record: states 2 bytes of a question, has 1");
}

TEST(DecodeWait, TellsWhatWasAskedWithoutItsData)
{
  const std::string query("Q\0\0\0\x19SELECT a WHERE b='x'\0", 26);
  EXPECT_EQ(decode(asking(query, 26))->statement, "SELECT a WHERE b=?");
}

TEST(DecodeWait, NamesThePeerAndThatItIsSpokenToOverTls)
{
  KnownToWaits known;
  wait_record record = good();
  record.flags = WAIT_TLS;
  EXPECT_EQ(decode_wait(bytes_of(record), known)->what, "127.0.0.1:5432 (TLS)");
  known.peer_names["127.0.0.1:5432"] = "postgresql";
  EXPECT_EQ(decode_wait(bytes_of(record), known)->what, "127.0.0.1:5432 (postgresql, TLS)");
  record.flags = WAIT_REPEATED;
  EXPECT_EQ(decode_wait(bytes_of(record), known)->what, "127.0.0.1:5432 (postgresql)");
  EXPECT_TRUE(decode_wait(bytes_of(record), known)->repeated);
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
