#include "discover/uwsgi_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "name=value", with "?" behind what is computed.
std::vector<std::string> told(const std::vector<UwsgiOption> &options)
{
  std::vector<std::string> texts;
  for (const UwsgiOption &option : options)
    texts.push_back(option.name + "=" + option.value + (option.is_computed ? "?" : ""));
  return texts;
}

auto arguments(const std::vector<std::string> &words)
{
  return told(decode_uwsgi_arguments(words));
}

auto ini(std::string_view text, std::string_view section = "uwsgi")
{
  return told(decode_uwsgi_ini(text, section, "/srv/app.ini"));
}

TEST(UwsgiArguments, TakeTheirValueFromTheSameWordOrTheNext)
{
  EXPECT_THAT(arguments({ "-p", "4", "-p3", "--processes=2", "--workers", "5" }),
              ElementsAre("processes=4", "processes=3", "processes=2", "workers=5"));
}

TEST(UwsgiArguments, MayBeFlagsInOneWord)
{
  EXPECT_THAT(arguments({ "-TMp", "4", "--master", "-M" }),
              ElementsAre("master=true", "processes=4", "master=true", "master=true"));
}

TEST(UwsgiArguments, NameAFileWithoutAnOption)
{
  EXPECT_THAT(arguments({ "--vacuum", "app.ini:dev", "wsgi.py", "x.yaml", "nothing" }),
              ElementsAre("vacuum=true", "ini=app.ini:dev", "wsgi-file=wsgi.py", "unread=x.yaml"));
}

TEST(UwsgiArguments, MayHaveAValueInTheirOwnWordOnly)
{
  EXPECT_THAT(arguments({ "-C", "a.ini", "-C666", "b.ini", "--chmod-socket", "c.ini" }),
              ElementsAre("ini=a.ini", "ini=b.ini", "chmod-socket=true", "ini=c.ini"));
}

TEST(UwsgiArguments, PassOverTheValuesOfOptionsThatNobodyKnows)
{
  EXPECT_THAT(arguments({ "--pidfile", "a.ini", "--some-flag", "-l", "100", "--threads", "2" }),
              ElementsAre("pidfile=a.ini", "threads=2"));
}

TEST(UwsgiArguments, EndAnywhere)
{
  EXPECT_THAT(arguments({ "--threads" }), IsEmpty());
  EXPECT_THAT(arguments({ "-p" }), IsEmpty());
  EXPECT_THAT(arguments({ "-", "--", "" }), IsEmpty());
}

TEST(UwsgiEnvironment, HasOptionsInCapitals)
{
  const Environment environment{ { "UWSGI_LAZY_APPS", "1" },
                                 { "UWSGI_PROCESSES", "$(N)" },
                                 { "UWSGI_RELOADS", "0" },
                                 { "PROCESSES", "9" } };
  EXPECT_THAT(told(decode_uwsgi_environment(environment)),
              ElementsAre("lazy-apps=1", "processes=$(N)?"));
}

TEST(UwsgiIni, HasTheOptionsOfItsSection)
{
  EXPECT_THAT(ini("processes = 9\n[uwsgi]\r\n  master = true\r\n; x = 1\n# y = 2\n\nprocesses=4\n"
                  "vacuum\nthreads =\n[dev]\nprocesses = 1\n"),
              ElementsAre("master=true", "processes=4", "vacuum=true", "threads=true"));
  EXPECT_THAT(ini("[uwsgi]\nprocesses=4\n[dev]\nprocesses = 1", "dev"), ElementsAre("processes=1"));
  EXPECT_THAT(ini("[uwsgi]\nprocesses=4", "none"), IsEmpty());
}

TEST(UwsgiIni, SaysWhereAnOptionStands)
{
  EXPECT_EQ(decode_uwsgi_ini("[uwsgi]\n\nmaster=1\n", "uwsgi", "/srv/app.ini").at(0).source,
            "/srv/app.ini, line 3");
}

TEST(UwsgiIni, MarksWhatIsKnownOnlyInside)
{
  EXPECT_THAT(ini("[uwsgi]\nif-env = DEV\nprocesses = 1\nendif =\nprocesses = %(n)\nthreads = 2\n"
                  "for = a b\nmount = /x=y.py\nendfor =\nchdir = $(HOME)\nmodule = @(file)\n"),
              ElementsAre("processes=1?", "processes=%(n)?", "threads=2", "mount=/x=y.py?",
                          "chdir=$(HOME)?", "module=@(file)?"));
}

TEST(UwsgiIni, OfAnyBytesIsRead)
{
  EXPECT_THAT(ini(std::string("\0[uwsgi]\n\xff=\xfe\n[", 14)), IsEmpty());
  EXPECT_THAT(ini("[uwsgi\n="), ElementsAre("=true"));
}

} // namespace
} // namespace linger::discover
