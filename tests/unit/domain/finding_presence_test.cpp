#include "domain/finding_presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using testing::ElementsAre;

IdentifiedFinding finding(const std::string &rule, const std::string &endpoint, Severity severity,
                          const std::string &service = "shop")
{
  return { .identity = { .rule = rule, .service = service, .endpoints = { endpoint } },
           .severity = severity };
}

TEST(FindingPresence, TellsNewFromWorseFromKnown)
{
  const std::vector<IdentifiedFinding> before{ finding("memory-retained", "/a", Severity::warning),
                                               finding("memory-retained", "/b", Severity::critical),
                                               finding("accept-queue-wait", "", Severity::info) };
  const std::vector<IdentifiedFinding> after{ finding("memory-retained", "/a", Severity::critical),
                                              finding("memory-retained", "/b", Severity::warning),
                                              finding("memory-retained", "/c", Severity::info),
                                              finding("accept-queue-wait", "", Severity::info),
                                              finding("accept-queue-wait", "", Severity::info,
                                                      "blog") };
  EXPECT_THAT(presences(before, after),
              ElementsAre(Presence::worse, Presence::unchanged, Presence::appeared,
                          Presence::unchanged, Presence::appeared));
}

TEST(FindingPresence, TakesTheMostSevereOfSeveralForWhatWasKnown)
{
  const std::vector<IdentifiedFinding> before{ finding("worker-crash", "", Severity::critical),
                                               finding("worker-crash", "", Severity::info) };
  EXPECT_THAT(presences(before, { finding("worker-crash", "", Severity::critical) }),
              ElementsAre(Presence::unchanged));
  EXPECT_THAT(presences({}, {}), ElementsAre());
}

TEST(ServiceName, IsTheApplicationElseTheKind)
{
  EXPECT_EQ(service_name("gunicorn", "shop.app:app"), "shop.app:app");
  EXPECT_EQ(service_name("gunicorn", ""), "gunicorn");
}

TEST(AreAlone, OneServiceOnEachSideIsTheSame)
{
  EXPECT_TRUE(are_alone({ "shop" }, { "shop.v2" }));
  EXPECT_TRUE(are_alone({ "shop", "shop" }, { "shop" }));
  EXPECT_FALSE(are_alone({ "shop", "blog" }, { "shop" }));
  EXPECT_FALSE(are_alone({}, { "shop" }));
}

} // namespace
} // namespace linger::domain
