#include "decode/allocation_decoder.h"

#include "wire/allocation_record.h"

#include <cstddef>
#include <gtest/gtest.h>
#include <span>

namespace linger::decode {
namespace {

allocation_record a_record()
{
  allocation_record record{};
  record.kind = RECORD_ALLOCATION;
  record.tgid = 7;
  record.tid = 8;
  record.id = 9;
  record.time_ns = 1000;
  record.sequence = 10;
  record.size_bytes = 3105;
  record.interval_bytes = 16384;
  record.stack.kind = RECORD_PYTHON_STACK;
  record.stack.tgid = 7;
  record.stack.tid = 8;
  record.stack.begin_ns = 1000;
  record.stack.frames_count = 1;
  record.stack.frames[0] = { .code_address = 0x1000, .instruction_bytes = 4, .check = 5 };
  return record;
}

std::span<const std::byte> wire(const allocation_record &record)
{
  return std::as_bytes(std::span(&record, 1))
      .first(offsetof(allocation_record, stack.frames) +
             record.stack.frames_count * sizeof(python_frame));
}

TEST(AllocationDecoder, TakesARecordApart)
{
  const allocation_record record = a_record();
  const auto decoded = decode_allocation(wire(record));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(decoded->tgid, 7);
  EXPECT_EQ(decoded->allocation.tid, 8);
  EXPECT_EQ(decoded->allocation.id, 9);
  EXPECT_EQ(decoded->allocation.request_sequence, 10);
  EXPECT_EQ(decoded->allocation.bytes, 3105);
  EXPECT_EQ(decoded->allocation.interval_bytes, 16384);
  ASSERT_EQ(decoded->stack.frames.size(), 1);
  EXPECT_EQ(decoded->stack.frames[0].code_address, 0x1000);
}

TEST(AllocationDecoder, RefusesARecordThatIsCutAnywhere)
{
  const allocation_record record = a_record();
  const auto whole = wire(record);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_allocation(whole.first(size))) << size;
}

TEST(AllocationDecoder, RefusesWhatCannotBe)
{
  allocation_record record = a_record();
  record.size_bytes = 0;
  EXPECT_FALSE(decode_allocation(wire(record)));
  record.size_bytes = 1ULL << 60;
  EXPECT_FALSE(decode_allocation(wire(record)));
  record = a_record();
  record.interval_bytes = 0;
  EXPECT_FALSE(decode_allocation(wire(record)));
  record = a_record();
  record.time_ns = ~0ULL;
  EXPECT_FALSE(decode_allocation(wire(record)));
}

TEST(AllocationDecoder, TakesTheEndOfOneApart)
{
  const freed_record record{ .kind = RECORD_FREED, .tgid = 7, .id = 9, .time_ns = 1 };
  const auto bytes = std::as_bytes(std::span(&record, 1));
  const auto decoded = decode_freed(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->tgid, 7);
  EXPECT_EQ(decoded->id, 9);
  EXPECT_FALSE(decode_freed(bytes.first(bytes.size() - 1)));
}

} // namespace
} // namespace linger::decode
