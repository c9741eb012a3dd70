#include "discover/host_cpu.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using namespace std::chrono_literals;

TEST(HostCpuIn, AddsUpTheTimeOfAllCpusAndTellsWhatWasStolen)
{
  const auto cpu = host_cpu_in("cpu  1 2 3 4 5 6 7 8 900 900\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->all, 360ms) << "guests' time is in that of users";
  EXPECT_EQ(cpu->steal, 80ms);
}

TEST(HostCpuIn, RefusesOtherText)
{
  for (const char *text : { "", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8 9 10", "cpu a 2 3 4 5 6 7 8",
                            "cpu 99999999999999999 2 3 4 5 6 7 8" })
    EXPECT_FALSE(host_cpu_in(text)) << text;
}

TEST(ReadHostCpu, SaysWhatIsWrong)
{
  const FakeProc proc;
  EXPECT_EQ(read_host_cpu(proc.path()).error().kind, Error::Kind::not_found);
  write_file(proc.path() / "stat", "intr 5\n");
  EXPECT_EQ(read_host_cpu(proc.path()).error().kind, Error::Kind::malformed);
  write_file(proc.path() / "stat", "cpu  1 2 3 4 5 6 7 8 9 10\n");
  EXPECT_EQ(read_host_cpu(proc.path())->steal, 80ms);
  EXPECT_EQ(read_host_cpu(proc.path())->busy, 270ms); // all but 40 and 50
}

} // namespace
} // namespace linger::discover
