#include "serve/status.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

TEST(Status, KeepsTheKindAndTheSentenceAcrossTheWire)
{
  for (const Error::Kind kind :
       { Error::Kind::usage, Error::Kind::not_found, Error::Kind::not_permitted,
         Error::Kind::not_supported, Error::Kind::exhausted, Error::Kind::malformed,
         Error::Kind::internal }) {
    const Error back = from_status(to_status({ kind, "no such server" }));
    EXPECT_EQ(back.kind, kind);
    EXPECT_EQ(back.what, "no such server");
  }
}

TEST(Status, UsesTheCodesThatTheProtocolPromises)
{
  EXPECT_EQ(to_status({ Error::Kind::usage, "" }).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(to_status({ Error::Kind::not_found, "" }).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(Status, MakesTheSentencePrintable)
{
  const grpc::Status hostile(grpc::StatusCode::NOT_FOUND, "4711 (\x1b[2J) is no server");
  EXPECT_EQ(from_status(hostile).what, "4711 (\\x1b[2J) is no server");
  EXPECT_EQ(to_status({ Error::Kind::not_found, "\xff" }).error_message(), "\\xff");
}

} // namespace
} // namespace linger::serve
