#include "domain/listen_aggregate.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

ListenSample sample_of(std::uint32_t length, std::uint64_t dropped)
{
  return { .time = {},
           .server = 7,
           .queues = {
               { .address = "[::]:80", .length = length, .limit = 128, .dropped = dropped } } };
}

TEST(ListenAggregate, KeepsTheLatestAndTheMost)
{
  ListenAggregate queues;
  for (const std::uint32_t length : { 3, 97, 0, 5 })
    queues.add(sample_of(length, 0));

  ASSERT_EQ(queues.report().size(), 1U);
  EXPECT_EQ(queues.report()[0],
            (ListenQueueReport{
                .address = "[::]:80", .length = 5, .max_length = 97, .limit = 128, .dropped = 0 }));
}

TEST(ListenAggregate, CountsWhatWasTurnedAwaySinceTheFirstLook)
{
  ListenAggregate queues;
  queues.add(sample_of(0, 1000));
  EXPECT_EQ(queues.report()[0].dropped, 0U);
  queues.add(sample_of(0, 1004));
  queues.add(sample_of(0, 1004));
  EXPECT_EQ(queues.report()[0].dropped, 4U);
  queues.add(sample_of(0, 2)); // a new socket
  EXPECT_EQ(queues.report()[0].dropped, 6U);
}

TEST(ListenAggregate, IsBounded)
{
  ListenAggregate queues;
  for (std::size_t i = 0; i < 2 * ListenAggregate::max_addresses; ++i)
    queues.add({ .time = {}, .server = 7, .queues = { { .address = std::to_string(i) } } });
  EXPECT_EQ(queues.report().size(), ListenAggregate::max_addresses);
}

} // namespace
} // namespace linger::domain
