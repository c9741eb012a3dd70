#include "discover/gunicorn_family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

GunicornProcess plain(std::uint32_t tgid, std::uint32_t parent_tgid)
{
  return { .stat = { .tgid = tgid, .parent_tgid = parent_tgid },
           .argv = { "python3", "/usr/bin/gunicorn", "a:b" },
           .executable = "/usr/bin/python3.11",
           .listening = std::vector<std::uint64_t>{ 77 } };
}

GunicornProcess titled(std::uint32_t tgid, std::uint32_t parent_tgid, std::string_view title)
{
  return { .stat = { .tgid = tgid, .parent_tgid = parent_tgid },
           .argv = { std::string(title) },
           .title = decode_title(title) };
}

/// "10: 11 12 | 20:".
std::string families(const std::vector<GunicornProcess> &processes)
{
  std::vector<std::string> shown;
  for (const GunicornFamily &family : families_of(processes)) {
    std::string line = fmt::format("{}:", family.master->stat.tgid);
    for (const GunicornProcess *worker : family.workers)
      line += fmt::format(" {}", worker->stat.tgid);
    shown.push_back(line);
  }
  return fmt::format("{}", fmt::join(shown, " | "));
}

TEST(FamiliesOf, TakesForksThatListenForWorkers)
{
  EXPECT_EQ(families({ plain(10, 1), plain(11, 10), plain(12, 10) }), "10: 11 12");
  EXPECT_EQ(families({ plain(12, 10), plain(20, 1), plain(21, 20), plain(10, 1) }),
            "20: 21 | 10: 12");
}

TEST(FamiliesOf, TakesNoForkThatDoesNotListen)
{
  GunicornProcess helper = plain(11, 10);
  helper.listening->clear();

  EXPECT_EQ(families({ plain(10, 1), helper }), "10:");
}

TEST(FamiliesOf, TakesAForkWhoseSocketsMayNotBeSeen)
{
  GunicornProcess worker = plain(11, 10);
  worker.listening.reset();
  worker.executable.clear();

  EXPECT_EQ(families({ plain(10, 1), worker }), "10: 11");
}

TEST(FamiliesOf, TakesWorkersWithSocketsOfTheirOwn)
{
  GunicornProcess master = plain(10, 1);
  master.listening->clear();
  GunicornProcess worker = plain(12, 10);
  worker.listening = { 78 };

  EXPECT_EQ(families({ master, plain(11, 10), worker }), "10: 11 12");
}

TEST(FamiliesOf, LeavesOutTheForksOfWorkers)
{
  EXPECT_EQ(families({ plain(10, 1), plain(11, 10), plain(12, 11), plain(13, 12) }), "10: 11");
}

TEST(FamiliesOf, DoesNotTakeAnotherServerForAWorker)
{
  GunicornProcess other_arguments = plain(11, 10);
  other_arguments.argv.emplace_back("-w2");
  GunicornProcess other_executable = plain(12, 10);
  other_executable.executable = "/usr/bin/python3.12";

  EXPECT_EQ(families({ plain(10, 1), other_arguments, other_executable }), "10: | 11: | 12:");
}

TEST(FamiliesOf, TakesAReexecutedMasterForAServerOfItsOwn)
{
  GunicornProcess reexecuted = plain(20, 10);
  reexecuted.is_reexecuted = true;

  EXPECT_EQ(families({ plain(10, 1), plain(11, 10), reexecuted, plain(21, 20) }),
            "10: 11 | 20: 21");
}

TEST(FamiliesOf, ReadsRolesFromTitles)
{
  EXPECT_EQ(
      families({ titled(10, 1, "gunicorn: master [a]"), titled(11, 10, "gunicorn: worker [a]"),
                 titled(12, 10, "gunicorn: worker [a]"), titled(20, 10, "gunicorn: master [a.2]"),
                 titled(21, 20, "gunicorn: worker [a.2]") }),
      "10: 11 12 | 20: 21");
}

TEST(FamiliesOf, TakesAnUntitledChildWithTheMastersTitleForAWorkerJustBorn)
{
  EXPECT_EQ(
      families({ titled(10, 1, "gunicorn: master [a]"), titled(11, 10, "gunicorn: worker [a]"),
                 titled(12, 10, "gunicorn: master [a]") }),
      "10: 11 12");
}

TEST(FamiliesOf, TakesAMasterOfTheSameTitleWithWorkersForAServer)
{
  EXPECT_EQ(
      families({ titled(10, 1, "gunicorn: master [a]"), titled(20, 10, "gunicorn: master [a]"),
                 titled(21, 20, "gunicorn: worker [a]") }),
      "10: | 20: 21");
}

TEST(FamiliesOf, TakesAMasterThatHasNoTitleYetForAServer)
{
  GunicornProcess starting = plain(20, 10);
  starting.is_reexecuted = true;

  EXPECT_EQ(families({ titled(10, 1, "gunicorn: master [a]"), starting }), "10: | 20:");
}

TEST(FamiliesOf, LeavesOutWorkersWithoutAMaster)
{
  EXPECT_EQ(families({ titled(11, 1, "gunicorn: worker [a]") }), "");
  EXPECT_EQ(
      families({ titled(11, 12, "gunicorn: worker [a]"), titled(12, 11, "gunicorn: worker [a]") }),
      "");
}

TEST(FamiliesOf, ComesToAnEndWhereProcessesAreTheirOwnAncestors)
{
  EXPECT_EQ(families({ plain(10, 11), plain(11, 10), plain(12, 12) }), "");
}

} // namespace
} // namespace linger::discover
