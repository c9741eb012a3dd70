#include "kernel/uprobe.h"

#include <gtest/gtest.h>

namespace linger::kernel {
namespace {

const std::string filtered = "Name:\tgunicorn\nSeccomp:\t2\nSeccomp_filters:\t1\n";
const std::string unfiltered = "Name:\tgunicorn\nSeccomp:\t0\nSeccomp_filters:\t0\n";

TEST(Uprobe, IsNotPutAtAReturnWhereASeccompFilterMayKillForIt)
{
  EXPECT_TRUE(kills_at_return("6.11.0", filtered));
  EXPECT_TRUE(kills_at_return("6.12.57+deb13-amd64", filtered));
  EXPECT_TRUE(kills_at_return("6.13.1", filtered));
  EXPECT_FALSE(kills_at_return("6.10.14", filtered));
  EXPECT_FALSE(kills_at_return("6.14.0", filtered));
  EXPECT_FALSE(kills_at_return("7.0.0", filtered));
  EXPECT_FALSE(kills_at_return("6.12.0", unfiltered));
}

TEST(Uprobe, IsNotPutAtAReturnWhereThatIsNotKnown)
{
  EXPECT_TRUE(kills_at_return("", unfiltered));
  EXPECT_TRUE(kills_at_return("6.12.0", ""));
}

} // namespace
} // namespace linger::kernel
