#include "domain/endpoint_aggregate.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

constexpr std::uint64_t requests = 100;

EndpointAggregate an_endpoint()
{
  EndpointAggregate endpoint{ "GET", "/keep" };
  for (std::uint64_t i = 0; i < requests; ++i)
    endpoint.add(WholeRequest{});
  return endpoint;
}

GrowthEstimate growth(double low, double high)
{
  return {
    .per_request = (low + high) / 2, .low = low, .high = high, .late_low = low, .late_high = high
  };
}

RetainedEstimate retained()
{
  RetainedEstimate retained;
  retained.requests = 50;
  retained.allocated_bytes = 50 * 9000.0;
  retained.retained_bytes = 50 * 3000.0;
  retained.bounds = { .low = 50 * 2900.0, .high = 50 * 3100.0 };
  retained.late_requests = 25;
  retained.late = { .low = 25 * 2800.0, .high = 25 * 3200.0 };
  retained.sites = { { .what = "shop.py:7 in keep", .retained_bytes = 150'000, .count = 50 } };
  return retained;
}

TEST(EndpointAggregate, TellsWhatAllocationsShowOfAllItsRequests)
{
  const RetainedEstimate estimate = retained();
  const EndpointMemory memory = an_endpoint().report(1, { .allocations = &estimate }).memory;
  EXPECT_EQ(memory.tier, MemoryTier::allocations);
  EXPECT_EQ(memory.allocated_bytes, 9000 * requests);
  EXPECT_EQ(memory.retained_bytes, static_cast<std::int64_t>(3000 * requests));
  EXPECT_DOUBLE_EQ(memory.retained_bytes_per_request, 3000);
  EXPECT_DOUBLE_EQ(memory.low, 2900);
  EXPECT_DOUBLE_EQ(memory.high, 3100);
  EXPECT_DOUBLE_EQ(memory.late_low, 2800);
  EXPECT_DOUBLE_EQ(memory.late_high, 3200);
  ASSERT_EQ(memory.sites.size(), 1);
  EXPECT_EQ(memory.sites[0].retained_bytes, 300'000);
  EXPECT_EQ(memory.sites[0].count, 100);
}

TEST(EndpointAggregate, AddsTheSmallObjectsThatAllocationsDoNotShow)
{
  const RetainedEstimate estimate = retained();
  GrowthEstimate small = growth(700, 900);
  EndpointMemory memory =
      an_endpoint().report(1, { .small_objects = &small, .allocations = &estimate }).memory;
  EXPECT_EQ(memory.tier, MemoryTier::allocations);
  EXPECT_DOUBLE_EQ(memory.retained_bytes_per_request, 3000 + small.per_request);
  EXPECT_EQ(memory.retained_bytes,
            static_cast<std::int64_t>((3000 + small.per_request) * requests));
  EXPECT_DOUBLE_EQ(memory.low, 2900 + 700);
  EXPECT_DOUBLE_EQ(memory.high, 3100 + 900);
  EXPECT_EQ(memory.small_objects, small);

  // Nothing is sure to be kept in them.
  small = growth(-100, 200);
  memory = an_endpoint().report(1, { .small_objects = &small, .allocations = &estimate }).memory;
  EXPECT_DOUBLE_EQ(memory.retained_bytes_per_request, 3000);
  EXPECT_EQ(memory.small_objects, small);
}

TEST(EndpointAggregate, BelievesAllocationsWhereGrowthDoesNotContradict)
{
  const RetainedEstimate estimate = retained();
  const GrowthEstimate wide = growth(-500, 9000);
  // What an allocator adds to each block shows in pages only.
  const GrowthEstimate somewhat_more = growth(3500, 4000);
  EXPECT_EQ(
      an_endpoint().report(1, { .growth = &somewhat_more, .allocations = &estimate }).memory.tier,
      MemoryTier::allocations);
  EXPECT_EQ(an_endpoint().report(1, { .growth = &wide, .allocations = &estimate }).memory.tier,
            MemoryTier::allocations);
}

TEST(EndpointAggregate, BelievesGrowthWhereMoreIsKeptThanWasAllocated)
{
  const RetainedEstimate estimate = retained();
  const GrowthEstimate more = growth(5000, 6000);
  const EndpointMemory memory =
      an_endpoint().report(1, { .growth = &more, .allocations = &estimate }).memory;
  EXPECT_EQ(memory.tier, MemoryTier::growth);
  EXPECT_DOUBLE_EQ(memory.low, 5000);
  EXPECT_EQ(memory.sites.size(), 1); // what is known of it
}

TEST(EndpointTable, BelievesTheCountOfPagesThatIsSurer)
{
  constexpr std::uint64_t kept_bytes = 3000;
  EndpointTable table{ 10, false };
  MonotonicTime now{ std::chrono::seconds{ 1 } };
  for (std::uint64_t i = 0; i < 400; ++i) {
    now += std::chrono::milliseconds{ 20 };
    const std::uint64_t exact_bytes = 50'000'000 + i * kept_bytes;
    table.add(MemoryLook{ .window = { now, now }, .tgid = 7, .anonymous_bytes = exact_bytes });
    WholeRequest whole;
    whole.request.tgid = 7;
    whole.request.window = { now + std::chrono::milliseconds{ 1 },
                             now + std::chrono::milliseconds{ 5 } };
    whole.request.method = "GET";
    whole.request.path = "/";
    // Up to 32 pages late.
    whole.request.anonymous_begin_bytes = exact_bytes / 131'072 * 131'072;
    table.add(whole, {});
  }
  const auto reports = table.report(1);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].memory.tier, MemoryTier::growth);
  EXPECT_NEAR(reports[0].memory.low, kept_bytes, 1);
  EXPECT_NEAR(reports[0].memory.high, kept_bytes, 1);
}

TEST(EndpointAggregate, SaysNothingOfAllocationsWhereNoRequestHasSettled)
{
  const RetainedEstimate nothing;
  EXPECT_EQ(an_endpoint().report(1, { .allocations = &nothing }).memory.tier, MemoryTier::none);
}

} // namespace
} // namespace linger::domain
