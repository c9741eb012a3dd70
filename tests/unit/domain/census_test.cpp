#include "domain/census.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

Census census_of(std::vector<TypeCount> types)
{
  Census census;
  set_types(census, std::move(types));
  return census;
}

TEST(Census, SumsUpClassesOfOneNameAndSortsByBytes)
{
  const Census census = census_of({ { "a", 1, 10 }, { "b", 2, 500 }, { "a", 3, 20 } });
  const std::vector<TypeCount> expected{ { "b", 2, 500 }, { "a", 4, 30 } };
  EXPECT_EQ(census.types, expected);
  EXPECT_EQ(census.objects, 6U);
  EXPECT_EQ(census.bytes, 530U);
}

TEST(Census, GrowthLeavesOutWhatDidNotChange)
{
  const Census earlier = census_of({ { "dict", 10, 1000 }, { "gone", 1, 64 }, { "same", 1, 1 } });
  const Census later =
      census_of({ { "dict", 10, 1500 }, { "Session", 20, 960 }, { "same", 1, 1 } });
  const std::vector<TypeGrowth> expected{ { "Session", 20, 960 },
                                          { "dict", 0, 500 },
                                          { "gone", -1, -64 } };
  EXPECT_EQ(growth_between(earlier, later), expected);
  EXPECT_TRUE(growth_between(later, later).empty());
}

} // namespace
} // namespace linger::domain
