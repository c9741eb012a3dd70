#include "serve/metrics/told_endpoints.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

domain::EndpointReport endpoint(std::uint32_t server, std::string route, std::uint64_t requests)
{
  domain::EndpointReport report{ .server = server, .method = "GET", .route = std::move(route) };
  report.requests = requests;
  for (std::uint64_t i = 0; i < requests; ++i)
    report.wall_ns.add(1'000'000);
  return report;
}

std::vector<std::string> routes_of(const std::vector<domain::EndpointReport> &endpoints)
{
  std::vector<std::string> routes;
  for (const domain::EndpointReport &told : endpoints)
    routes.push_back(told.route);
  return routes;
}

using Routes = std::vector<std::string>;

TEST(ToldEndpointsTest, TellsAllWhereThereIsRoom)
{
  ToldEndpoints told{ 2 };
  EXPECT_EQ(routes_of(told.of({ endpoint(1, "/a", 3), endpoint(1, "/b", 2) })),
            (Routes{ "/a", "/b" }));
}

TEST(ToldEndpointsTest, AddsUpTheOthersOfEachServer)
{
  ToldEndpoints told{ 1 };
  const auto endpoints = told.of(
      { endpoint(1, "/a", 3), endpoint(2, "/x", 1), endpoint(1, "/b", 2), endpoint(1, "/c", 4) });

  ASSERT_EQ(routes_of(endpoints), (Routes{ "/a", "/x", "(other)" }));
  EXPECT_EQ(endpoints[2].server, 1U);
  EXPECT_EQ(endpoints[2].requests, 6U);
  EXPECT_EQ(endpoints[2].wall_ns.count(), 6U);
}

TEST(ToldEndpointsTest, NeverLetsASeriesFall)
{
  ToldEndpoints told{ 1 };
  ASSERT_EQ(routes_of(told.of({ endpoint(1, "/a", 3), endpoint(1, "/b", 2) })),
            (Routes{ "/a", "(other)" }));

  // /b has overtaken /a meanwhile.
  const auto later = told.of({ endpoint(1, "/b", 9), endpoint(1, "/a", 4) });
  ASSERT_EQ(routes_of(later), (Routes{ "/a", "(other)" }));
  EXPECT_EQ(later[1].requests, 9U);
}

TEST(ToldEndpointsTest, CountsTheEvidencesOwnRemainderAmongTheOthers)
{
  ToldEndpoints told{ 5 };
  domain::EndpointReport rest = endpoint(1, "(other)", 7);
  rest.method = "*";
  const auto endpoints = told.of({ rest, endpoint(1, "/a", 1) });

  ASSERT_EQ(routes_of(endpoints), (Routes{ "/a", "(other)" }));
  EXPECT_EQ(endpoints[1].requests, 7U);
}

TEST(ToldEndpointsTest, GivesTheRoomOfAServerThatIsGoneToTheNextOne)
{
  ToldEndpoints told{ 1 };
  ASSERT_EQ(routes_of(told.of({ endpoint(1, "/a", 3) })), (Routes{ "/a" }));
  ASSERT_EQ(routes_of(told.of({})), Routes{});
  EXPECT_EQ(routes_of(told.of({ endpoint(1, "/b", 3) })), (Routes{ "/b" }));
}

} // namespace
} // namespace linger::serve
