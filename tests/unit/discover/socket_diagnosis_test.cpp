#include "discover/socket_diagnosis.h"

#include "unit/discover/diagnosis_message.h"

#include <gtest/gtest.h>
#include <limits>

namespace linger::discover {
namespace {

using namespace test;

TEST(DecodeDiagnosis, TellsHowFullAQueueIs)
{
  const auto diagnosis = decode_diagnosis(diagnosis_message({ .drops = 7 }));

  ASSERT_TRUE(diagnosis) << diagnosis.error().what;
  EXPECT_FALSE(diagnosis->done);
  ASSERT_EQ(diagnosis->queues.size(), 1U);
  EXPECT_EQ(diagnosis->queues[0],
            (domain::ListenQueue{
                .address = "127.0.0.1:8000", .length = 3, .limit = 128, .dropped = 7 }));
}

TEST(DecodeDiagnosis, KnowsAddressesAsServersAreListedWithThem)
{
  EXPECT_EQ(
      decode_diagnosis(diagnosis_message({ .family = SocketFamily::inet6 }))->queues.at(0).address,
      "[::1]:8000");
  EXPECT_EQ(decode_diagnosis(unix_diagnosis_message("/run/a b.sock"))->queues.at(0).address,
            "unix:/run/a b.sock");
  EXPECT_EQ(
      decode_diagnosis(unix_diagnosis_message(std::string("\0name", 5)))->queues.at(0).address,
      "unix:@name");
}

TEST(DecodeDiagnosis, LeavesOutSocketsWithoutAName)
{
  const auto diagnosis = decode_diagnosis(unix_diagnosis_message(""));
  ASSERT_TRUE(diagnosis);
  EXPECT_TRUE(diagnosis->queues.empty());
}

TEST(DecodeDiagnosis, EndsWhereTheKernelSaysSo)
{
  auto bytes = diagnosis_message({});
  const auto end = done_message();
  bytes.insert(bytes.end(), end.begin(), end.end());
  const auto diagnosis = decode_diagnosis(bytes);

  ASSERT_TRUE(diagnosis);
  EXPECT_TRUE(diagnosis->done);
  EXPECT_EQ(diagnosis->queues.size(), 1U);
}

TEST(DecodeDiagnosis, PassesTheKernelsRefusalOn)
{
  const auto refused = decode_diagnosis(error_message(-EPERM));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::not_permitted);
  EXPECT_FALSE(decode_diagnosis(error_message(0))) << "no error is no answer either";
  EXPECT_FALSE(decode_diagnosis(error_message(std::numeric_limits<std::int32_t>::min())));
}

TEST(DecodeDiagnosis, RefusesMessagesThatWereCut)
{
  const auto bytes = diagnosis_message({});
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_diagnosis(std::span(bytes).first(size))) << size;
}

} // namespace
} // namespace linger::discover
