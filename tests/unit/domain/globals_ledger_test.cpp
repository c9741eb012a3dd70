#include "domain/globals_ledger.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> names{ "GET /write", "GET /read" };

TimeWindow between(Nanos begin, Nanos end)
{
  return { MonotonicTime{ begin }, MonotonicTime{ end } };
}

/// The look that ends at `end`, a second after the one before.
GlobalsLook look_at(Nanos end, std::vector<GlobalChange> changes)
{
  return { .window = between(end - 1s, end), .tgid = 7, .changes = std::move(changes) };
}

GlobalChange rebound(bool rises = false)
{
  return { .name = "shop.CURRENT", .type = "str", .rebound = true, .rises = rises };
}

GlobalChange changed_to(std::uint64_t items, std::uint64_t before)
{
  return { .name = "shop.SEEN", .type = "list", .items = items, .items_before = before };
}

TEST(GlobalsLedgerTest, NamesTheEndpointThatWasThereAtEachChange)
{
  WorkerGlobals globals;
  for (int i = 1; i <= 10; ++i) {
    const bool writes = i % 2 == 0;
    globals.add_request(between(i * 1s - 500ms, i * 1s - 400ms), 1);
    if (writes)
      globals.add_request(between(i * 1s - 300ms, i * 1s - 200ms), 0);
    globals.add_look(
        look_at(i * 1s, writes ? std::vector{ rebound() } : std::vector<GlobalChange>{}));
  }
  const GlobalsReport report = globals.report(names);
  EXPECT_EQ(report.looks, (LookCount{ 10, 0 }));
  ASSERT_EQ(report.variables.size(), 1U);
  EXPECT_EQ(report.variables[0].rebound, (LookCount{ 5, 0 }));
  EXPECT_EQ(report.variables[0].rebound_by, (GlobalWriter{ "GET /write", 5, 5 }));
}

TEST(GlobalsLedgerTest, SaysNothingOfATimeInWhichNobodyLooked)
{
  WorkerGlobals globals;
  globals.add_look(look_at(1s, {}));
  globals.add_request(between(90s, 91s), 0);
  GlobalsLook late = look_at(92s, { rebound() });
  late.window.begin = MonotonicTime{ 1s };
  globals.add_look(late);
  EXPECT_EQ(globals.report(names).looks, (LookCount{ 1, 1 }));
  EXPECT_TRUE(globals.report(names).variables.empty());
}

TEST(GlobalsLedgerTest, NamesNobodyWhereTwoWereThereAlike)
{
  WorkerGlobals globals;
  globals.add_request(between(100ms, 200ms), 0);
  globals.add_request(between(300ms, 400ms), 1);
  globals.add_look(look_at(1s, { rebound() }));
  EXPECT_EQ(globals.report(names).variables.at(0).rebound_by.endpoint, "");
}

TEST(GlobalsLedgerTest, GivesARequestThatIsToldLateToAllItsLooks)
{
  WorkerGlobals globals;
  for (int i = 1; i <= 4; ++i)
    globals.add_look(look_at(i * 1s, { rebound() }));
  globals.add_request(between(1500ms, 2500ms), 0);
  EXPECT_EQ(globals.report(names).looks, (LookCount{ 4, 2 }));
  EXPECT_EQ(globals.report(names).variables.at(0).rebound, (LookCount{ 4, 2 }));
}

TEST(GlobalsLedgerTest, GivesARequestThatIsToldBeforeItsLookToThat)
{
  WorkerGlobals globals;
  globals.add_look(look_at(1s, {}));
  globals.add_request(between(1200ms, 1300ms), 0);
  globals.add_look(look_at(2s, {}));
  globals.add_look(look_at(3s, {}));
  EXPECT_EQ(globals.report(names).looks, (LookCount{ 3, 2 }));
}

TEST(GlobalsLedgerTest, GivesARequestThatEndsWhileALookReadsToTheNextOneToo)
{
  WorkerGlobals globals;
  globals.add_look(look_at(1s, {}));
  globals.add_request(between(850ms, 950ms), 0); // the look began to read at 900 ms
  GlobalsLook next = look_at(2s, { rebound() });
  next.window.begin = MonotonicTime{ 900ms };
  globals.add_look(next);
  EXPECT_EQ(globals.report(names).variables.at(0).rebound, (LookCount{ 1, 0 }));
}

TEST(GlobalsLedgerTest, AddsUpWhatAContainerGained)
{
  WorkerGlobals globals;
  globals.add_look(look_at(1s, { changed_to(10, 4) }));
  globals.add_look(look_at(2s, { changed_to(8, 10) }));
  globals.add_look(look_at(3s, {}));
  globals.add_look(look_at(4s, { changed_to(11, 8) }));
  const GlobalUse use = globals.report(names).variables.at(0);
  EXPECT_EQ(use.grown, (LookCount{ 2, 2 }));
  EXPECT_EQ(use.items_more, 9U);
  EXPECT_EQ(use.items_more_late, 3U);
  EXPECT_EQ(use.items_less, 2U);
  EXPECT_EQ(use.items, 11U);
  EXPECT_EQ(use.rebound, LookCount{});
}

TEST(GlobalsLedgerTest, CountsHowOftenANumberRose)
{
  WorkerGlobals globals;
  globals.add_look(look_at(1s, { rebound(true) }));
  globals.add_look(look_at(2s, { rebound(false) }));
  EXPECT_EQ(globals.report(names).variables.at(0).rises, 1U);
}

TEST(GlobalsLedgerTest, KeepsTheLatestLooksOnlyAndTheReasonForNone)
{
  WorkerGlobals globals;
  for (std::size_t i = 1; i <= WorkerGlobals::most_looks + 5; ++i)
    globals.add_look(look_at(i * 1s, {}));
  GlobalsLook gone = look_at(9999s, {});
  gone.gap = "the process is gone";
  globals.add_look(gone);
  EXPECT_EQ(globals.report(names).looks.all, WorkerGlobals::most_looks);
  EXPECT_EQ(globals.report(names).gap, "the process is gone");
}

TEST(GlobalsLedgerTest, ForgetsAWorkerThatIsGone)
{
  GlobalsLedger ledger;
  ledger.add_request(7, between(100ms, 200ms), 0); // nobody looks at it yet
  ledger.add_look(look_at(1s, {}));
  EXPECT_EQ(ledger.report(names).at(7).looks, (LookCount{ 1, 1 }));
  ledger.forget(7);
  EXPECT_TRUE(ledger.report(names).empty());
}

} // namespace
} // namespace linger::domain
