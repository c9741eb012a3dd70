#include "serve/finding_changes.h"

#include "unit/serve/fake_agent_view.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using Kind = FindingChanges::Kind;

TEST(FindingChanges, TellsOfWhatHoldsAtFirst)
{
  FindingChanges changes;
  const auto first = changes.update({ finding_named("a"), finding_named("b") });
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].kind, Kind::appeared);
  EXPECT_EQ(first[1].finding.id, "b");
}

TEST(FindingChanges, IsSilentWhenOnlyTheTimeMovedOn)
{
  FindingChanges changes;
  domain::Finding finding = finding_named("a");
  (void)changes.update({ finding });
  finding.last_seen += std::chrono::seconds(1);
  EXPECT_TRUE(changes.update({ finding }).empty());
}

TEST(FindingChanges, TellsOfAnotherSeverityTitleDetailOrCause)
{
  FindingChanges changes;
  domain::Finding finding = finding_named("a");
  (void)changes.update({ finding });
  const auto is_update = [&] {
    const auto now = changes.update({ finding });
    return now.size() == 1 && now[0].kind == Kind::updated;
  };
  finding.severity = domain::Severity::critical;
  EXPECT_TRUE(is_update());
  finding.title += "s";
  EXPECT_TRUE(is_update());
  finding.detail += "s";
  EXPECT_TRUE(is_update());
  finding.explained_by.push_back("b");
  EXPECT_TRUE(is_update());
}

TEST(FindingChanges, RemembersWhenAFindingWasFirstSeen)
{
  FindingChanges changes;
  domain::Finding finding = finding_named("a");
  const domain::MonotonicTime begin = finding.first_seen;
  (void)changes.update({ finding });
  finding.first_seen += std::chrono::seconds(60); // another window
  finding.detail += "s";
  EXPECT_EQ(changes.update({ finding }).at(0).finding.first_seen, begin);
  EXPECT_EQ(changes.update({}).at(0).finding.first_seen, begin);
}

TEST(FindingChanges, TellsOnceOfWhatResolvedAndAgainWhenItComesBack)
{
  FindingChanges changes;
  (void)changes.update({ finding_named("a", "81 ms") });

  const auto gone = changes.update({});
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].kind, Kind::resolved);
  EXPECT_EQ(gone[0].finding.detail, "81 ms");
  EXPECT_TRUE(changes.update({}).empty());
  EXPECT_EQ(changes.update({ finding_named("a") }).at(0).kind, Kind::appeared);
}

TEST(FindingChanges, TakesTheFirstOfTwoWithOneId)
{
  FindingChanges changes;
  const std::vector twins{ finding_named("a", "first"), finding_named("a", "second") };
  const auto first = changes.update(twins);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].finding.detail, "first");
  EXPECT_TRUE(changes.update(twins).empty());
}

} // namespace
} // namespace linger::serve
