#include "decode/process_decoder.h"

#include "wire/process_record.h"

#include <gtest/gtest.h>

namespace linger::decode {
namespace {

process_record good()
{
  process_record record{};
  record.kind = RECORD_PROCESS;
  record.event = PROCESS_EXITED;
  record.tgid = 7;
  record.parent_tgid = 3;
  record.time_ns = 12;
  record.wait_status = 9;
  record.signal = 6;
  record.sender_tgid = 3;
  record.out_of_memory = 1;
  return record;
}

auto decode(const process_record &record)
{
  return decode_process(std::as_bytes(std::span(&record, 1)));
}

TEST(DecodeProcess, TurnsWireFieldsIntoDomainWords)
{
  const auto event = decode(good());

  ASSERT_TRUE(event) << event.error().what;
  EXPECT_EQ(event->kind, domain::ProcessEvent::Kind::exited);
  EXPECT_EQ(event->parent_tgid, 3U);
  EXPECT_EQ(event->wait_status, 9);
  EXPECT_EQ(event->signal, 6U);
  EXPECT_EQ(event->sender_tgid, 3U);
  EXPECT_TRUE(event->out_of_memory);
}

TEST(DecodeProcess, RejectsAnEventItDoesNotKnow)
{
  process_record record = good();
  record.event = 0;
  EXPECT_EQ(decode(record).error().what, "process_record: unknown event 0");
}

TEST(DecodeProcess, RejectsATimeThatNoClockShows)
{
  process_record record = good();
  record.time_ns = 1ULL << 63;
  EXPECT_FALSE(decode(record));
}

TEST(DecodeProcess, RejectsATruncatedRecord)
{
  const process_record record = good();
  EXPECT_FALSE(decode_process(std::as_bytes(std::span(&record, 1)).first(31)));
}

} // namespace
} // namespace linger::decode
