#include "decode/python_stack_decoder.h"

#include "wire/python_stack_record.h"

#include <gtest/gtest.h>

namespace linger::decode {
namespace {

python_stack_record sample()
{
  python_stack_record record{};
  record.kind = 4;
  record.tgid = 7;
  record.tid = 8;
  record.begin_ns = 10;
  record.frames_count = 3;
  record.frames[0] = { .code_address = 0x1000, .instruction_bytes = 42, .check = 5 };
  record.frames[2] = { .code_address = 0x2000, .instruction_bytes = 0, .check = 6 };
  return record;
}

std::span<const std::byte> bytes_of(const python_stack_record &record, std::size_t frames)
{
  return std::as_bytes(std::span(&record, 1))
      .first(offsetof(python_stack_record, frames) + frames * sizeof(python_frame));
}

TEST(PythonStackDecoder, KeepsTheFramesThatAreFunctions)
{
  const python_stack_record record = sample();
  const auto stack = decode_python_stack(bytes_of(record, 3));
  ASSERT_TRUE(stack);
  EXPECT_EQ(stack->tgid, 7U);
  EXPECT_EQ(stack->tid, 8U);
  EXPECT_EQ(stack->role, PythonStack::Role::waits);
  EXPECT_EQ(stack->wait_begin, domain::MonotonicTime{ domain::Nanos{ 10 } });
  ASSERT_EQ(stack->frames.size(), 2U);
  EXPECT_EQ(stack->frames[0].code_address, 0x1000U);
  EXPECT_EQ(stack->frames[0].instruction_bytes, 42U);
  EXPECT_EQ(stack->frames[1].check, 6U);
}

TEST(PythonStackDecoder, RefusesWhatCannotBe)
{
  python_stack_record record = sample();
  for (const std::size_t frames : { 0U, 2U, 4U, 48U })
    EXPECT_FALSE(decode_python_stack(bytes_of(record, frames))) << frames;
  EXPECT_FALSE(decode_python_stack(bytes_of(record, 3).first(10)));
  record.begin_ns = ~0ULL;
  EXPECT_FALSE(decode_python_stack(bytes_of(record, 3)));
  record = sample();
  record.role = 2;
  EXPECT_FALSE(decode_python_stack(bytes_of(record, 3)));
  record = sample();
  record.frames_count = 1U << 30;
  EXPECT_FALSE(decode_python_stack(bytes_of(record, 3)));
}

} // namespace
} // namespace linger::decode
