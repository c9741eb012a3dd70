#include "serve/recording.h"

#include "linger/recording/v1/recording.pb.h"
#include "serve/crc32c.h"
#include "unit/serve/recording_fixture.h"

#include <sys/stat.h>

namespace linger::serve {
namespace {

TEST(Crc32c, MatchesThePublishedValue)
{
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU); // RFC 3720, B.4
}

TEST_F(RecordingTest, GivesBackEveryKindOfObservation)
{
  const Outcome outcome = outcome_of(bytes_);
  EXPECT_FALSE(outcome.error) << outcome.error->what;
  EXPECT_EQ(outcome.observations, written());
  EXPECT_EQ(outcome.observations.size(), std::variant_size_v<domain::Observation>);
}

TEST_F(RecordingTest, GivesBackEveryFieldOfARequest)
{
  auto reader = RecordingReader::open(path_);
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(reader->info().agent_version, "0.1.0");
  EXPECT_EQ(reader->info().clock.wall, info.clock.wall);
  std::optional<domain::Observation> observation;
  do
    observation = reader->next().value();
  while (observation && !std::holds_alternative<domain::Request>(*observation));
  ASSERT_TRUE(observation);

  const auto before = std::get<domain::Request>(one_of_each()[2]);
  const auto &after = std::get<domain::Request>(*observation);
  EXPECT_EQ(after.tgid, before.tgid);
  EXPECT_EQ(after.tid, before.tid);
  EXPECT_EQ(after.sequence, before.sequence);
  EXPECT_EQ(after.connection, before.connection);
  EXPECT_EQ(after.window.begin, before.window.begin);
  EXPECT_EQ(after.window.end, before.window.end);
  EXPECT_EQ(after.times, before.times);
  EXPECT_EQ(after.method, before.method);
  EXPECT_EQ(after.path, before.path);
  EXPECT_EQ(after.status, before.status);
  EXPECT_EQ(after.received_bytes, before.received_bytes);
  EXPECT_EQ(after.sent_bytes, before.sent_bytes);
  EXPECT_EQ(after.minor_faults, before.minor_faults);
  EXPECT_EQ(after.major_faults, before.major_faults);
  EXPECT_EQ(after.anonymous_begin_bytes, before.anonymous_begin_bytes);
  EXPECT_EQ(after.anonymous_end_bytes, before.anonymous_end_bytes);
  EXPECT_EQ(after.ended, before.ended);
  EXPECT_EQ(after.thread_died, before.thread_died);
  EXPECT_EQ(after.interleaved, before.interleaved);
}

TEST_F(RecordingTest, GivesBackServersAsTheyWere)
{
  const auto decoded = decode_payload(encode_observation(one_of_each()[1]));
  ASSERT_TRUE(decoded);
  const auto &observation = std::get<domain::Observation>(*decoded);
  EXPECT_EQ(std::get<domain::ServersSeen>(observation).servers,
            std::get<domain::ServersSeen>(one_of_each()[1]).servers);
}

TEST_F(RecordingTest, SkipsAndCountsWhatANewerAgentWrote)
{
  const std::string unknown_kind = "\xa2\x06\x02hi"; // field 100
  recording::v1::Frame frame;
  frame.mutable_wait()->set_cause(static_cast<recording::v1::Cause>(99));
  const std::string known = encode_observation(one_of_each()[2]);

  const Outcome outcome = outcome_of(
      file_of({ unknown_kind, known, "", frame.SerializeAsString(), encode_end({ 4 }) }));
  EXPECT_FALSE(outcome.error) << outcome.error->what;
  EXPECT_EQ(outcome.observations, std::vector{ known });
  EXPECT_EQ(outcome.skipped, 3U);
}

TEST_F(RecordingTest, ShowsAnUnfinishedRecordingForWhatItIs)
{
  {
    auto writer = RecordingWriter::create(path_, info);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(one_of_each()[2]));
    EXPECT_EQ(outcome_of(content_of(path_)).observations.size(), 0U) << "buffered";
    ASSERT_TRUE(writer->flush());
    const Outcome while_running = outcome_of(content_of(path_));
    EXPECT_EQ(while_running.observations.size(), 1U);
    EXPECT_TRUE(while_running.cut_short);
    ASSERT_TRUE(writer->write(one_of_each()[3]));
  }
  const Outcome outcome = outcome_of(content_of(path_));
  EXPECT_EQ(outcome.observations.size(), 2U) << "the destructor flushes";
  EXPECT_TRUE(outcome.cut_short);
}

TEST_F(RecordingTest, KeepsTheFileToItsOwner)
{
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(RecordingTest, ReportsAFullDisk)
{
  const auto full = RecordingWriter::create("/dev/full", info);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, Error::Kind::exhausted);
  EXPECT_EQ(full.error().what,
            "write the recording /dev/full beyond 0 bytes: No space left on device");
  EXPECT_FALSE(RecordingWriter::create(in_temp("no/such/dir"), info));
}

TEST_F(RecordingTest, WritesMoreThanItsBufferHolds)
{
  auto writer = RecordingWriter::create(path_, info);
  ASSERT_TRUE(writer);
  constexpr std::uint64_t many = 5000;
  for (std::uint64_t i = 0; i < many; ++i)
    ASSERT_TRUE(writer->write(one_of_each()[2]));
  ASSERT_TRUE(writer->finish());
  const Outcome outcome = outcome_of(content_of(path_));
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.observations.size(), many);
}

} // namespace
} // namespace linger::serve
