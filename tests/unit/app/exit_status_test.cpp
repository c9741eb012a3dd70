#include "app/exit_status.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

TEST(ExitStatus, TellsTheKindsOfErrorApart)
{
  EXPECT_EQ(exit_status_of(Error::Kind::usage), ExitStatus::usage);
  EXPECT_EQ(exit_status_of(Error::Kind::malformed), ExitStatus::usage);
  EXPECT_EQ(exit_status_of(Error::Kind::not_permitted), ExitStatus::refused);
  EXPECT_EQ(exit_status_of(Error::Kind::not_supported), ExitStatus::refused);
  EXPECT_EQ(exit_status_of(Error::Kind::not_found), ExitStatus::no_such_server);
  EXPECT_EQ(exit_status_of(Error::Kind::exhausted), ExitStatus::internal);
  EXPECT_EQ(exit_status_of(Error::Kind::internal), ExitStatus::internal);
}

TEST(ExitStatus, HasTheNumbersOfTheContract)
{
  EXPECT_EQ(static_cast<int>(ExitStatus::done), 0);
  EXPECT_EQ(static_cast<int>(ExitStatus::finding), 1);
  EXPECT_EQ(static_cast<int>(ExitStatus::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitStatus::refused), 3);
  EXPECT_EQ(static_cast<int>(ExitStatus::no_such_server), 4);
  EXPECT_EQ(static_cast<int>(ExitStatus::internal), 5);
}

TEST(ExitStatus, AMissingFileIsAMistakeInTheCommandNotAMissingServer)
{
  const Error missing = about_named_file({ Error::Kind::not_found, "open x" });
  EXPECT_EQ(exit_status_of(missing.kind), ExitStatus::usage);
  const Error forbidden = about_named_file({ Error::Kind::not_permitted, "open x" });
  EXPECT_EQ(exit_status_of(forbidden.kind), ExitStatus::refused);
}

} // namespace
} // namespace linger::app
