#include "discover/python_version.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

std::string version_with(const std::string &executable, const std::string &mapped = "")
{
  FakeProc proc;
  proc.add({ .tgid = 10, .executable = executable });
  write_file(proc.of(10) / "maps", "55d0-55d1 r--p 00000000 fe:00 1  /usr/bin/python3\n"
                                   "7f00-7f01 rw-p 00000000 00:00 0 \n"
                                   "7f01-7f02 r-xp 00000000 fe:00 2                          " +
                                       mapped + "\n");
  return python_version_of(proc.path(), 10);
}

TEST(PythonVersionOf, ReadsTheNameOfTheExecutable)
{
  EXPECT_EQ(version_with("/usr/bin/python3.11"), "3.11");
  EXPECT_EQ(version_with("/usr/local/bin/python3.9 (deleted)"), "3.9");
}

TEST(PythonVersionOf, ReadsTheNameOfTheMappedLibrary)
{
  EXPECT_EQ(version_with("/usr/bin/python3", "/usr/lib/libpython3.12.so.1.0"), "3.12");
  EXPECT_EQ(version_with("/usr/sbin/uwsgi", "/usr/lib/libpython3.8.so.1.0 (deleted)"), "3.8");
}

TEST(PythonVersionOf, TakesThePatchLevelFromADirectory)
{
  EXPECT_EQ(version_with("/root/.pyenv/versions/3.11.7/bin/python3.11"), "3.11.7");
  EXPECT_EQ(version_with("/home/a/uv/cpython-3.13.0-linux-x86_64-gnu/bin/python3.13"), "3.13.0");
  EXPECT_EQ(version_with("/srv/3.11.7/bin/python3.12"), "3.12");
  EXPECT_EQ(version_with("/srv/x3.11.7/3.11.x/13.11.7/bin/python3.11"), "3.11");
}

TEST(PythonVersionOf, IsEmptyWhereNothingNamesIt)
{
  EXPECT_EQ(version_with("/usr/bin/python3"), "");
  EXPECT_EQ(version_with("/usr/bin/pypy3.9", "/usr/lib/libpypy3.9-c.so"), "");
  EXPECT_EQ(version_with("/usr/bin/python3.", "/usr/lib/libpython3.so"), "");
  EXPECT_EQ(python_version_of("/nonexistent", 10), "");
}

} // namespace
} // namespace linger::discover
