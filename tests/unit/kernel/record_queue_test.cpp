#include "kernel/record_queue.h"

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>

namespace linger::kernel {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::span<const std::byte> bytes_of(const std::string &text)
{
  return std::as_bytes(std::span(text));
}

std::vector<std::string> all_of(RecordQueue &queue)
{
  std::vector<std::string> texts;
  queue.hand_over([&](std::span<const std::byte> record) {
    texts.emplace_back(reinterpret_cast<const char *>(record.data()), record.size());
  });
  return texts;
}

TEST(RecordQueue, HandsOverRecordsOfAnyLengthInTheirOrder)
{
  RecordQueue queue{ 1 << 20 };
  const std::string large(600'000, 'x'); // more than a chunk
  for (const std::string &record : { std::string("one"), std::string(), large, std::string("4") })
    EXPECT_TRUE(queue.put(bytes_of(record)));
  EXPECT_THAT(all_of(queue), ElementsAre("one", "", large, "4"));
  EXPECT_THAT(all_of(queue), ElementsAre());
}

TEST(RecordQueue, TakesTheRecordThatFillsItAndSaysSo)
{
  RecordQueue queue{ 100 };
  EXPECT_TRUE(queue.put(bytes_of(std::string(50, 'a'))));
  EXPECT_FALSE(queue.put(bytes_of(std::string(50, 'b'))));
  EXPECT_EQ(all_of(queue).size(), 2U);
  EXPECT_TRUE(queue.put(bytes_of("c")));
}

TEST(RecordQueue, WhatComesWhileItHandsOverIsForTheNextTime)
{
  RecordQueue queue{ 1 << 20 };
  (void)queue.put(bytes_of("one"));
  const int first =
      queue.hand_over([&](std::span<const std::byte>) { (void)queue.put(bytes_of("two")); });
  EXPECT_EQ(first, 1);
  EXPECT_THAT(all_of(queue), ElementsAre("two"));
}

TEST(RecordQueue, ThatIsClosedLetsNobodyWaitForRoom)
{
  RecordQueue queue{ 1 };
  EXPECT_TRUE(queue.wait_for_room());
  EXPECT_FALSE(queue.put(bytes_of("full")));
  bool has_room = true;
  std::thread waiting{ [&] { has_room = queue.wait_for_room(); } };
  queue.close();
  waiting.join();
  EXPECT_FALSE(has_room);
}

TEST(RecordQueue, OfTwoThreadsLosesNothingHoweverSmallItIs)
{
  constexpr std::uint32_t sent = 50'000;
  RecordQueue queue{ 1'000 };
  std::thread writer{ [&] {
    for (std::uint32_t number = 0; number < sent; ++number) {
      std::string record(4 + number % 90, '.');
      std::memcpy(record.data(), &number, sizeof number);
      if (!queue.put(bytes_of(record)) && !queue.wait_for_room())
        return;
    }
  } };
  std::uint32_t next = 0;
  std::uint32_t wrong = 0;
  while (next < sent) {
    queue.wait(100ms);
    queue.hand_over([&](std::span<const std::byte> record) {
      std::uint32_t number = 0;
      std::memcpy(&number, record.data(), sizeof number);
      wrong += number != next || record.size() != 4 + number % 90 ? 1 : 0;
      ++next;
    });
  }
  writer.join();
  EXPECT_EQ(wrong, 0U);
}

} // namespace
} // namespace linger::kernel
