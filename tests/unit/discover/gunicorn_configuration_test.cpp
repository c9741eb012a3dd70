#include "discover/gunicorn_configuration.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GatherConfiguration : public testing::Test {
protected:
  GatherConfiguration() { proc_.add({ .tgid = 10, .cwd = "/srv" }); }

  Configuration gather(std::vector<std::string> arguments, Environment environment = {})
  {
    const GunicornLaunch launch{ .arguments = std::move(arguments),
                                 .environment = std::move(environment) };
    return gather_configuration(proc_.path(), 10, launch).configuration;
  }

  void write(std::string_view path, std::string_view source)
  {
    write_file(proc_.root() / path.substr(1), source);
  }

  static std::string value_of(const Configuration &configuration, std::string_view name)
  {
    const auto found = configuration.settings.find(name);
    return found == configuration.settings.end()
               ? "none"
               : fmt::format("{}", fmt::join(found->second.values, ","));
  }

  FakeProc proc_;
};

TEST_F(GatherConfiguration, LetsTheCommandLineWinOverTheVariableOverTheFile)
{
  write("/srv/gunicorn.conf.py",
        "workers = 1\nthreads = 1\ntimeout = 1\nbind = ['a', 'b']\nmax_requests = 1\n");

  const Configuration configuration =
      gather({ "-w3", "-b", "c" },
             { { "GUNICORN_CMD_ARGS", "-w 2 --threads=2 -b 'd e'" }, { "WEB_CONCURRENCY", "9" } });

  EXPECT_EQ(value_of(configuration, "workers"), "3");
  EXPECT_EQ(value_of(configuration, "threads"), "2");
  EXPECT_EQ(value_of(configuration, "timeout"), "1");
  EXPECT_EQ(value_of(configuration, "bind"), "c");
  EXPECT_TRUE(configuration.is_complete);
  EXPECT_THAT(configuration.gaps, IsEmpty());
}

TEST_F(GatherConfiguration, TakesWebConcurrencyForTheDefaultOfWorkers)
{
  EXPECT_EQ(value_of(gather({}, { { "WEB_CONCURRENCY", "9" } }), "workers"), "9");
  write("/srv/gunicorn.conf.py", "workers = 1\n");
  EXPECT_EQ(value_of(gather({}, { { "WEB_CONCURRENCY", "9" } }), "workers"), "1");
}

TEST_F(GatherConfiguration, ReadsTheFileThatIsGiven)
{
  write("/etc/a.py", "workers = 5\n");
  write("/srv/b.py", "workers = 6\n");
  write("/srv/gunicorn.conf.py", "workers = 7\nthreads = 7\n");

  EXPECT_EQ(value_of(gather({ "-c", "/etc/a.py" }), "workers"), "5");
  EXPECT_EQ(value_of(gather({ "-c", "/etc/a.py" }), "threads"), "none");
  EXPECT_EQ(value_of(gather({ "-c", "file:/etc/a.py" }), "workers"), "5");
  EXPECT_EQ(value_of(gather({ "-c", "b.py" }), "workers"), "6");
  EXPECT_EQ(value_of(gather({ "--config=./b.py" }), "workers"), "6");
  EXPECT_EQ(value_of(gather({}, { { "GUNICORN_CMD_ARGS", "-c b.py" } }), "workers"), "6");
  EXPECT_EQ(value_of(gather({}), "workers"), "7");
}

TEST_F(GatherConfiguration, LooksForTheFileWhereTheServerWasBeforeChdir)
{
  write("/home/gunicorn.conf.py", "workers = 5\n");
  write("/srv/gunicorn.conf.py", "workers = 7\n");

  EXPECT_EQ(value_of(gather({ "--chdir", "/srv" }, { { "PWD", "/home" } }), "workers"), "5");
  const Configuration lost = gather({ "--chdir", "/srv" });
  EXPECT_EQ(value_of(lost, "workers"), "none");
  EXPECT_FALSE(lost.is_complete);
  EXPECT_THAT(lost.gaps, ElementsAre(HasSubstr("which --chdir left")));
}

TEST_F(GatherConfiguration, DoesNotReadAModule)
{
  const Configuration configuration = gather({ "-c", "python:shop.conf" });

  EXPECT_FALSE(configuration.is_complete);
  EXPECT_THAT(configuration.gaps,
              ElementsAre("the configuration file python:shop.conf cannot be read (it is a Python "
                          "module): what it sets is not known"));
}

TEST_F(GatherConfiguration, LeavesAGapForAFileThatIsGone)
{
  const Configuration configuration = gather({ "-c", "/etc/none.py", "-w2" });

  EXPECT_FALSE(configuration.is_complete);
  EXPECT_EQ(value_of(configuration, "workers"), "2");
  EXPECT_THAT(configuration.gaps, ElementsAre(HasSubstr("/etc/none.py")));
}

TEST_F(GatherConfiguration, LeavesAGapForAFileThatMayNotBeRead)
{
  write("/srv/gunicorn.conf.py", "workers = 7\n");
  std::filesystem::permissions(proc_.root() / "srv/gunicorn.conf.py", std::filesystem::perms::none);
  const Unprivileged nobody;

  EXPECT_FALSE(gather({}).is_complete);
}

TEST_F(GatherConfiguration, LeavesAGapForAVariableThatIsGarbled)
{
  const Configuration configuration = gather({}, { { "GUNICORN_CMD_ARGS", "-w '4" } });

  EXPECT_THAT(configuration.gaps,
              ElementsAre("GUNICORN_CMD_ARGS cannot be read: a quotation is not closed"));
}

TEST_F(GatherConfiguration, LeavesGapsForWhatATitleOverwrote)
{
  write("/srv/gunicorn.conf.py", "timeout = 7\n");

  const Configuration configuration =
      gather_configuration(proc_.path(), 10, { .environment_gap = "it is gone" }).configuration;

  EXPECT_FALSE(configuration.is_complete);
  EXPECT_EQ(value_of(configuration, "timeout"), "7");
  EXPECT_THAT(configuration.gaps,
              ElementsAre("a process title has overwritten the command line: what it set is not "
                          "known",
                          "it is gone: what GUNICORN_CMD_ARGS and WEB_CONCURRENCY set is not "
                          "known"));
}

} // namespace
} // namespace linger::discover
