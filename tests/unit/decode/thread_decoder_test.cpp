#include "decode/thread_decoder.h"

#include "wire/thread_record.h"

#include <cstring>
#include <gtest/gtest.h>

namespace linger::decode {
namespace {

using namespace std::chrono_literals;

thread_record good()
{
  thread_record record{};
  record.tgid = 7;
  record.tid = 8;
  record.cause = CAUSE_DATABASE;
  record.flags = THREAD_REQUEST_OPEN;
  record.born_ns = 10;
  record.since_ns = 40;
  record.spent_ns[CAUSE_IDLE] = 30;
  record.head_bytes = 16;
  std::memcpy(record.head, "GET /slow HTTP/1", 16);
  return record;
}

auto decode(const thread_record &record)
{
  return decode_thread(std::as_bytes(std::span(&record, 1)));
}

TEST(DecodeThread, TurnsWireFieldsIntoDomainWords)
{
  const auto thread = decode(good());

  ASSERT_TRUE(thread) << thread.error().what;
  EXPECT_EQ(thread->sample.cause, domain::Cause::database);
  EXPECT_EQ(thread->sample.path, "/slow");
  EXPECT_EQ(thread->ledger.wall(), thread->life.length());
}

TEST(DecodeThread, TellsThatTheConnectionOfItsRequestIsClosed)
{
  thread_record record = good();
  EXPECT_FALSE(decode(record)->connection_closed);
  record.flags |= THREAD_CONNECTION_CLOSED;
  EXPECT_TRUE(decode(record)->connection_closed);
}

TEST(DecodeThread, TellsWhichLockItWaitsFor)
{
  thread_record record = good();
  record.lock_address = 0x7f0000001000;
  record.thread_pointer = 0x7f0000002000;
  EXPECT_EQ(decode(record)->sample.lock, 0x7f0000001000U);
  EXPECT_EQ(decode(record)->thread_pointer, 0x7f0000002000U);
  EXPECT_FALSE(decode(record)->sample.lock_shared);
  record.flags |= THREAD_LOCK_SHARED;
  EXPECT_TRUE(decode(record)->sample.lock_shared);
}

TEST(DecodeThread, HasNoPathWithoutAnOpenRequest)
{
  thread_record record = good();
  record.flags = 0;
  EXPECT_EQ(decode(record)->sample.path, "");
}

TEST(DecodeThread, ReadsNoMoreHeadThanThereIs)
{
  thread_record record = good();
  record.head_bytes = 70000;
  EXPECT_TRUE(decode(record));
}

TEST(DecodeThread, RejectsTimesThatCannotBeCalculatedWith)
{
  thread_record late = good();
  late.since_ns = 1ULL << 63;
  EXPECT_FALSE(decode(late));

  thread_record long_idle = good();
  long_idle.spent_ns[CAUSE_IDLE] = 1ULL << 62;
  EXPECT_FALSE(decode(long_idle));

  thread_record opened_late = good();
  opened_late.request_begin_ns = ~0ULL;
  EXPECT_FALSE(decode(opened_late));
}

TEST(DecodeThread, RejectsACauseItDoesNotKnow)
{
  thread_record record = good();
  record.cause = 99;
  EXPECT_FALSE(decode(record));
}

} // namespace
} // namespace linger::decode
