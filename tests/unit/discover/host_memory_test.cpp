#include "discover/host_memory.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

TEST(HostMemoryTest, ReadsWhatIsAvailable)
{
  EXPECT_EQ(
      available_bytes_in("MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    8 kB\nBuffers: 3 kB\n"),
      8192U);
}

TEST(HostMemoryTest, RefusesWhatSaysNothing)
{
  for (const char *text : { "", "\n\n", "MemFree: 1 kB\n", "MemAvailable: kB\n",
                            "MemAvailable: 8\n", "MemAvailable: -8 kB\n",
                            "MemAvailable: 18446744073709551615 kB\n", "MemAvailable: 8 MB\n" })
    EXPECT_FALSE(available_bytes_in(text)) << text;
}

TEST(HostMemoryTest, SaysWhatIsWrong)
{
  const FakeProc proc;
  EXPECT_EQ(read_available_bytes(proc.path()).error().kind, Error::Kind::not_found);
  write_file(proc.path() / "meminfo", "MemTotal: 9 kB\n");
  EXPECT_EQ(read_available_bytes(proc.path()).error().kind, Error::Kind::malformed);
  write_file(proc.path() / "meminfo", "MemAvailable: 9 kB\n");
  EXPECT_EQ(read_available_bytes(proc.path()), 9216U);
}

} // namespace
} // namespace linger::discover
