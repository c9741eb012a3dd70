#include "discover/proc_files.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReadInRootOf : public testing::Test {
protected:
  ReadInRootOf() { proc_.add({ .tgid = 10 }); }

  [[nodiscard]] Result<std::string> read(const std::filesystem::path &path) const
  {
    return read_in_root_of(proc_.path(), 10, path, 100);
  }

  FakeProc proc_;
};

TEST_F(ReadInRootOf, ReadsBelowTheRootOfTheProcess)
{
  write_file(proc_.root() / "srv/conf.py", "workers = 2\n");

  EXPECT_EQ(read("/srv/conf.py"), "workers = 2\n");
}

TEST_F(ReadInRootOf, FollowsLinksAsTheProcessWould)
{
  write_file(proc_.root() / "srv/v2/conf.py", "inside");
  FakeProc::link("/srv/v2", proc_.root() / "srv/current");

  EXPECT_EQ(read("/srv/current/conf.py"), "inside");
}

TEST_F(ReadInRootOf, IsNotLedOutOfTheRoot)
{
  const TemporaryDirectory outside;
  write_file(outside.path() / "secret", "outside");
  FakeProc::link(outside.path() / "secret", proc_.root() / "srv/absolute.py");
  FakeProc::link("../../../../../../../.." + (outside.path() / "secret").string(),
                 proc_.root() / "srv/relative.py");

  EXPECT_EQ(read("/srv/absolute.py").error().kind, Error::Kind::not_found);
  EXPECT_EQ(read("/srv/relative.py").error().kind, Error::Kind::not_found);
}

TEST_F(ReadInRootOf, RefusesWhatIsNoRegularFileOrTooLong)
{
  ASSERT_EQ(::mkfifo((proc_.root() / "srv/fifo").c_str(), 0600), 0);
  write_file(proc_.root() / "srv/long", std::string(101, 'x'));

  EXPECT_EQ(read("/srv/fifo").error().kind, Error::Kind::malformed);
  EXPECT_EQ(read("/srv").error().kind, Error::Kind::malformed);
  EXPECT_EQ(read("/srv/long").error().kind, Error::Kind::exhausted);
  EXPECT_EQ(read_in_root_of(proc_.path(), 11, "/srv/long").error().kind, Error::Kind::not_found);
}

TEST(ReadText, StopsAtItsLimit)
{
  const TemporaryDirectory directory;
  write_file(directory.path() / "file", std::string(50'000, 'x'));

  EXPECT_EQ(read_text(directory.path() / "file", 20'000)->size(), 20'000);
  EXPECT_EQ(read_text(directory.path() / "file")->size(), 50'000);
}

TEST(WorkingDirectoryOf, IsNamedAsTheProcessNamesIt)
{
  FakeProc proc;
  proc.add({ .tgid = 10, .cwd = "/srv/app" });
  proc.add({ .tgid = 11 });
  FakeProc::link("/srv/app", proc.of(11) / "cwd");
  FakeProc::link("/", proc.of(11) / "root");

  EXPECT_EQ(working_directory_of(proc.path(), 10), "/srv/app");
  EXPECT_EQ(working_directory_of(proc.path(), 11), "/srv/app");
}

TEST(WorkingDirectoryOf, IsUnknownWhenItWasRemovedOrLiesOutsideOfTheRoot)
{
  FakeProc proc;
  proc.add({ .tgid = 10 });
  FakeProc::link((proc.root() / "srv").string() + " (deleted)", proc.of(10) / "cwd");
  proc.add({ .tgid = 11 });
  FakeProc::link("/somewhere/else", proc.of(11) / "cwd");

  EXPECT_EQ(working_directory_of(proc.path(), 10).error().kind, Error::Kind::not_found);
  EXPECT_EQ(working_directory_of(proc.path(), 11).error().kind, Error::Kind::not_found);
}

TEST(ListTgids, TakesNumbersOnlyInAscendingOrder)
{
  FakeProc proc;
  proc.add({ .tgid = 100 });
  proc.add({ .tgid = 20 });
  write_file(proc.path() / "net/tcp", "");
  write_file(proc.path() / "12x", "");

  EXPECT_THAT(list_tgids(proc.path()), ElementsAre(20, 100));
  EXPECT_THAT(list_tgids("/nonexistent"), IsEmpty());
}

TEST(SplitAtNul, KeepsEmptyStrings)
{
  using std::string_view_literals::operator""sv;

  EXPECT_THAT(split_at_nul("a\0\0b\0"sv), ElementsAre("a", "", "b"));
  EXPECT_THAT(split_at_nul("a\0b"sv), ElementsAre("a", "b"));
  EXPECT_THAT(split_at_nul(""), IsEmpty());
}

} // namespace
} // namespace linger::discover
