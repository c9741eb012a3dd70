#include "serve/shared_look.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

TEST(SharedLook, IsTakenAnewOnlyWhereItIsTooOld)
{
  int looks = 0;
  SharedLook<int> look{ [&]() -> Result<int> { return ++looks; } };
  EXPECT_EQ(**look.get(1h), 1);
  EXPECT_EQ(**look.get(1h), 1);
  EXPECT_EQ(**look.get(0s), 2);
  EXPECT_EQ(**look.get(1h), 2);
}

TEST(SharedLook, KeepsNoFailureAndNothingFromBeforeIt)
{
  int looks = 0;
  SharedLook<int> look{ [&]() -> Result<int> {
    if (++looks == 2)
      return failure(Error::Kind::exhausted, "stopped");
    return looks;
  } };
  const auto first = look.get(1h);
  EXPECT_FALSE(look.get(0s));
  EXPECT_EQ(**look.get(1h), 3);
  EXPECT_EQ(**first, 1); // whoever has it keeps it
}

} // namespace
} // namespace linger::serve
