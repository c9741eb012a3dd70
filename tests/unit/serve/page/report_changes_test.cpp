#include "serve/page/report_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

v1::Endpoint &add(v1::Report &report, const std::string &route, std::uint64_t requests)
{
  v1::Endpoint &endpoint = *report.add_endpoints();
  endpoint.set_server(100);
  endpoint.set_method("GET");
  endpoint.set_route(route);
  endpoint.set_requests(requests);
  return endpoint;
}

TEST(ReportChanges, LeaveOutEndpointsThatAreAsTheyWere)
{
  v1::Report earlier;
  add(earlier, "/same", 1);
  add(earlier, "/other", 1);
  v1::Report later;
  add(later, "/same", 1);
  add(later, "/other", 2);
  add(later, "/new", 1);
  later.add_findings()->set_id("a");
  later.mutable_coverage()->set_requests_seen(4);

  const v1::Report changes = changes_between(earlier, later);
  ASSERT_EQ(changes.endpoints_size(), 2);
  EXPECT_EQ(changes.endpoints(0).route(), "/other");
  EXPECT_EQ(changes.endpoints(1).route(), "/new");
  EXPECT_EQ(changes.findings_size(), 1);
  EXPECT_EQ(changes.coverage().requests_seen(), 4);
}

TEST(ReportChanges, TakeTheSameRouteOfAnotherServerForAnotherEndpoint)
{
  v1::Report earlier;
  add(earlier, "/same", 1);
  v1::Report later = earlier;
  add(later, "/same", 1).set_server(200);
  ASSERT_EQ(changes_between(earlier, later).endpoints_size(), 1);
  EXPECT_EQ(changes_between(earlier, later).endpoints(0).server(), 200);
}

TEST(ReportChanges, AreNotEnoughWhereAnEndpointIsGone)
{
  v1::Report earlier;
  add(earlier, "/a", 1);
  v1::Report later;
  add(later, "/b", 1);
  EXPECT_FALSE(keeps_endpoints(earlier, later));
  add(later, "/a", 1);
  EXPECT_TRUE(keeps_endpoints(earlier, later));
}

} // namespace
} // namespace linger::serve
