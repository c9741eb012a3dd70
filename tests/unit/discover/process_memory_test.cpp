#include "discover/process_memory.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

constexpr std::string_view good = "Name:\tgunicorn\nState:\tS (sleeping)\nVmPeak:\t  999 kB\n"
                                  "VmHWM:\t   60 kB\nVmRSS:\t   50 kB\nRssAnon:\t   30 kB\n"
                                  "RssFile:\t   15 kB\nRssShmem:\t    5 kB\nThreads:\t1\n";

class ReadMemory : public testing::Test {
protected:
  [[nodiscard]] Result<domain::MemorySample> read(std::string_view status) const
  {
    write_file(proc_.of(10) / "status", status);
    return read_memory(proc_.path(), 10);
  }

  FakeProc proc_;
};

TEST_F(ReadMemory, GivesBytesByKind)
{
  const auto sample = read(good);

  ASSERT_TRUE(sample) << sample.error().what;
  EXPECT_EQ(sample->tgid, 10);
  EXPECT_EQ(sample->resident_bytes, 50 * 1024);
  EXPECT_EQ(sample->anonymous_bytes, 30 * 1024);
  EXPECT_EQ(sample->file_bytes, 15 * 1024);
  EXPECT_EQ(sample->shared_bytes, 5 * 1024);
  EXPECT_EQ(sample->high_water_bytes, 60 * 1024);
}

TEST_F(ReadMemory, DoesNotFindTheMemoryOfTheDead)
{
  EXPECT_EQ(read_memory(proc_.path(), 11).error().kind, Error::Kind::not_found);
  EXPECT_EQ(read("Name:\tgunicorn\nState:\tZ (zombie)\nThreads:\t1\n").error().kind,
            Error::Kind::not_found);
}

TEST_F(ReadMemory, RefusesAFileThatIsCutAnywhere)
{
  const std::size_t end = good.find("\nThreads");
  for (std::size_t length = good.find("VmHWM") + 6; length < end; ++length) {
    const auto sample = read(good.substr(0, length));
    ASSERT_FALSE(sample) << length;
    EXPECT_EQ(sample.error().kind, Error::Kind::malformed) << length;
  }
}

TEST_F(ReadMemory, RefusesWhatIsNoNumberOfKibibytes)
{
  for (const std::string_view value :
       { "-5 kB", "5 MB", "5", "x kB", "99999999999999999999 kB", "18446744073709551615 kB" }) {
    std::string status(good);
    status.replace(status.find("50 kB"), 5, value);
    EXPECT_EQ(read(status).error().kind, Error::Kind::malformed) << value;
  }
}

TEST(ReadMemoryOfThisProcess, IsPlausible)
{
  const auto sample = read_memory("/proc", static_cast<std::uint32_t>(::getpid()));

  ASSERT_TRUE(sample) << sample.error().what;
  EXPECT_GT(sample->anonymous_bytes, 0);
  EXPECT_EQ(sample->resident_bytes,
            sample->anonymous_bytes + sample->file_bytes + sample->shared_bytes);
  EXPECT_GE(sample->high_water_bytes, sample->resident_bytes);
}

} // namespace
} // namespace linger::discover
