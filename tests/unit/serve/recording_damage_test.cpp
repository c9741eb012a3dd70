// Recordings that were cut, garbled or made up.

#include "linger/recording/v1/recording.pb.h"
#include "serve/recording.h"
#include "unit/serve/recording_fixture.h"

namespace linger::serve {
namespace {

using DamagedRecordingTest = RecordingTest;

TEST_F(DamagedRecordingTest, SaysThatItWasCutShortWhereverItIsCut)
{
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    const Outcome outcome = outcome_of(bytes_.substr(0, size));
    ASSERT_TRUE(outcome.error) << size;
    EXPECT_EQ(outcome.error->kind, Error::Kind::malformed) << size;
    EXPECT_TRUE(is_prefix(outcome.observations, written())) << size;
    const char *expected = size < preamble_size ? "FILE is no Linger recording" : "cut short after";
    EXPECT_NE(outcome.error->what.find(expected), std::string::npos) << outcome.error->what;
  }
}

TEST_F(DamagedRecordingTest, LosesNothingBeforeACut)
{
  const Outcome outcome = outcome_of(bytes_.substr(0, bytes_.size() - 1));
  EXPECT_EQ(outcome.observations, written());
  EXPECT_TRUE(outcome.cut_short);
}

TEST_F(DamagedRecordingTest, NoticesEveryFlippedByte)
{
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    for (const unsigned flip : { 0x01U, 0x80U, 0xffU }) {
      std::string garbled = bytes_;
      garbled[i] = static_cast<char>(static_cast<unsigned char>(garbled[i]) ^ flip);
      const Outcome outcome = outcome_of(garbled);
      ASSERT_TRUE(outcome.error) << "byte " << i;
      EXPECT_TRUE(is_prefix(outcome.observations, written())) << "byte " << i;
      EXPECT_FALSE(outcome.cut_short) << "byte " << i << ": damage is no cut";
    }
  }
}

TEST_F(DamagedRecordingTest, SaysWhereItIsDamaged)
{
  std::string garbled = file_of({ encode_observation(one_of_each()[0]) });
  const std::size_t second = garbled.size();
  append_frame(garbled, encode_observation(one_of_each()[1]));
  garbled.back() ^= 1;
  EXPECT_EQ(outcome_of(garbled).error->what, "FILE: damaged after 1 observations at byte " +
                                                 std::to_string(second) +
                                                 ": a frame does not match its check");
}

TEST_F(DamagedRecordingTest, GivesTheSameErrorAgain)
{
  write_file(path_, bytes_.substr(0, bytes_.size() - 1));
  auto reader = RecordingReader::open(path_);
  ASSERT_TRUE(reader);
  while (reader->next())
    ;
  EXPECT_EQ(reader->next().error().what, reader->next().error().what);
  EXPECT_EQ(reader->observations(), written().size());
}

TEST_F(DamagedRecordingTest, RefusesSoundFramesThatMakeNoSense)
{
  const std::string sample = encode_observation(one_of_each()[2]);
  const auto why = [](const std::vector<std::string> &payloads) {
    const Outcome outcome = outcome_of(file_of(payloads));
    return outcome.error ? outcome.error->what : std::string("nothing");
  };
  EXPECT_NE(why({ sample, encode_info(info) }).find("a second header"), std::string::npos);
  EXPECT_NE(why({ sample, encode_end({ 2 }) }).find("2 observations were written and 1 are here"),
            std::string::npos);
  EXPECT_NE(why({ encode_end({ 0 }), sample }).find("something follows"), std::string::npos);
  EXPECT_NE(why({ "\xff\xff" }).find("no frame"), std::string::npos);
}

TEST_F(DamagedRecordingTest, RefusesTimesThatCannotBe)
{
  using recording::v1::Frame;
  std::vector<Frame> frames(7);
  frames[0].mutable_memory_sample()->set_time_ns(-1);
  frames[1].mutable_memory_sample()->set_time_ns(INT64_MAX);
  frames[2].mutable_request()->set_begin_ns(2);
  frames[2].mutable_request()->set_end_ns(1);
  frames[3].mutable_window_mark()->mutable_clock()->set_wall_ns(INT64_MIN);
  frames[4].mutable_coverage_sample()->set_agent_cpu_ns(UINT64_MAX);
  frames[5].mutable_request()->set_status(UINT32_MAX);
  recording::v1::CauseTime &time = *frames[6].mutable_request()->add_times();
  time.set_cause(recording::v1::CAUSE_LOCK);
  time.set_spent_ns(UINT64_MAX);
  for (const Frame &frame : frames) {
    const auto decoded = decode_payload(frame.SerializeAsString());
    ASSERT_FALSE(decoded) << frame.ShortDebugString();
    EXPECT_EQ(decoded.error().kind, Error::Kind::malformed);
  }
}

TEST_F(DamagedRecordingTest, RefusesAFormatThatIsNewer)
{
  std::string newer = bytes_;
  newer[recording_magic.size()] = 2;
  EXPECT_EQ(outcome_of(newer).error->kind, Error::Kind::not_supported);
}

TEST_F(DamagedRecordingTest, RefusesWhatIsNoRecording)
{
  EXPECT_EQ(RecordingReader::open(in_temp("none")).error().kind, Error::Kind::not_found);
  EXPECT_FALSE(RecordingReader::open(in_temp("")));
  EXPECT_EQ(outcome_of("{\"window\": {}}").error->what, "FILE is no Linger recording");
}

} // namespace
} // namespace linger::serve
