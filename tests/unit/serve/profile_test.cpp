// Profiles in each format, read again by others than those who wrote them.

#include "linger/profile/v1/pprof.pb.h"
#include "serve/render/profile.h"
#include "serve/render/profile_stack.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using profile::v1::PprofProfile;
using testing::HasSubstr;
using testing::Not;

domain::Profile blocked_profile()
{
  domain::Profile profile;
  profile.kind = domain::ProfileKind::blocked;
  profile.clock = { domain::MonotonicTime{ 100s }, domain::WallTime{ 1'700'000'100s } };
  profile.window = { domain::MonotonicTime{ 70s }, domain::MonotonicTime{ 100s } };
  profile.values = domain::values_of(profile.kind);
  profile.main_value = domain::main_value_of(profile.kind);
  profile.samples = { { .server = 100,
                        .endpoint = "GET /cart/{}",
                        .worker = 101,
                        .code = "shop/cart.py:7 in load",
                        .cause = domain::Cause::database,
                        .what = "127.0.0.1:5432 (postgresql)",
                        .statement = "SELECT 1; SELECT ?",
                        .values = { 3, 9'000'000'000'000 } },
                      { .server = 100,
                        .endpoint = "GET /cart/{}",
                        .worker = 102,
                        .code = "shop/cart.py:9 in load",
                        .cause = domain::Cause::lock,
                        .what = "futex",
                        .values = { 1, 2'000'000 } },
                      { .server = 100,
                        .endpoint = "GET /cart/{}",
                        .worker = 102,
                        .cause = domain::Cause::sleep,
                        .what = std::string{ domain::rest_of_blocked },
                        .values = { 0, 1'000 } } };
  profile.notes = { "Something is missing." };
  return profile;
}

/// What a reader of the format finds.
PprofProfile parsed(const std::string &file)
{
  google::protobuf::io::ArrayInputStream bytes(file.data(), static_cast<int>(file.size()));
  google::protobuf::io::GzipInputStream plain(&bytes, google::protobuf::io::GzipInputStream::GZIP);
  PprofProfile profile;
  EXPECT_TRUE(profile.ParseFromZeroCopyStream(&plain));
  return profile;
}

TEST(Pprof, SamplesHaveTheirStacksValuesAndLabels)
{
  const auto file = pprof_file(blocked_profile());
  ASSERT_TRUE(file) << file.error().what;
  const PprofProfile profile = parsed(*file);
  const auto text = [&](std::int64_t index) {
    return profile.string_table(static_cast<int>(index));
  };

  ASSERT_EQ(text(0), "");
  ASSERT_EQ(profile.sample_type_size(), 2);
  EXPECT_EQ(text(profile.sample_type(1).type()), "blocked");
  EXPECT_EQ(text(profile.sample_type(1).unit()), "nanoseconds");
  EXPECT_EQ(text(profile.default_sample_type()), "blocked");
  EXPECT_EQ(profile.time_nanos(), 1'700'000'070'000'000'000);
  EXPECT_EQ(profile.duration_nanos(), 30'000'000'000);
  ASSERT_EQ(profile.comment_size(), 1);
  EXPECT_EQ(text(profile.comment(0)), "Something is missing.");

  ASSERT_EQ(profile.sample_size(), 3);
  const auto &sample = profile.sample(0);
  EXPECT_EQ(sample.value(0), 3);
  EXPECT_EQ(sample.value(1), 9'000'000'000'000);
  std::map<std::string, std::string> labels;
  for (const auto &label : sample.label())
    labels[text(label.key())] = text(label.str());
  EXPECT_EQ(labels, (std::map<std::string, std::string>{ { "endpoint", "GET /cart/{}" },
                                                         { "worker", "101" },
                                                         { "server", "100" },
                                                         { "cause", "database" } }));

  std::map<std::uint64_t, const profile::v1::PprofFunction *> functions;
  for (const auto &function : profile.function())
    EXPECT_TRUE(functions.emplace(function.id(), &function).second);
  std::map<std::uint64_t, const profile::v1::PprofLocation *> locations;
  for (const auto &location : profile.location())
    EXPECT_TRUE(locations.emplace(location.id(), &location).second);
  std::vector<std::string> stack; // the innermost first
  for (const std::uint64_t id : sample.location_id()) {
    const auto &line = locations.at(id)->line(0);
    stack.push_back(text(functions.at(line.function_id())->name()));
  }
  EXPECT_EQ(stack, (std::vector<std::string>{ "SELECT 1; SELECT ?", "127.0.0.1:5432 (postgresql)",
                                              "database", "load" }));
  const auto &line = locations.at(sample.location_id(3))->line(0);
  EXPECT_EQ(line.line(), 7);
  EXPECT_EQ(text(functions.at(line.function_id())->filename()), "shop/cart.py");
  // Two lines of one function.
  EXPECT_EQ(locations.at(profile.sample(1).location_id(2))->line(0).function_id(),
            line.function_id());
  EXPECT_NE(profile.sample(1).location_id(2), sample.location_id(3));
}

TEST(Pprof, TheSameProfileGivesTheSameBytes)
{
  EXPECT_EQ(pprof_file(blocked_profile()).value(), pprof_file(blocked_profile()).value());
}

TEST(Folded, IsALineAStackWithTheMainValue)
{
  EXPECT_EQ(folded_file(blocked_profile()),
            "GET /cart/{};worker 101;load (shop/cart.py:7);database;127.0.0.1:5432 "
            "(postgresql);SELECT 1, SELECT ? 9000000000000\n"
            "GET /cart/{};worker 102;load (shop/cart.py:9);lock;futex 2000000\n"
            "GET /cart/{};worker 102;sleep;(waits too short to be looked at) 1000\n");
}

TEST(Folded, JoinsWhatLooksTheSameAndLeavesOutWhatIsNothing)
{
  domain::Profile profile = blocked_profile();
  profile.samples = { profile.samples[1], profile.samples[1], profile.samples[2] };
  profile.samples[2].values = { 5, 0 };
  EXPECT_EQ(folded_file(profile),
            "GET /cart/{};worker 102;load (shop/cart.py:9);lock;futex 4000000\n");
}

TEST(Speedscope, IsJsonOfStacksAndWeights)
{
  const auto file = speedscope_file(blocked_profile());
  ASSERT_TRUE(file) << file.error().what;
  google::protobuf::Struct json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(*file, &json).ok()) << *file;
  const auto &fields = json.fields();
  EXPECT_EQ(fields.at("$schema").string_value(),
            "https://www.speedscope.app/file-format-schema.json");
  const auto &profiles = fields.at("profiles").list_value();
  ASSERT_EQ(profiles.values_size(), 2);
  const auto &blocked = profiles.values(0).struct_value().fields();
  EXPECT_EQ(blocked.at("type").string_value(), "sampled");
  EXPECT_EQ(blocked.at("name").string_value(), "blocked");
  EXPECT_EQ(blocked.at("unit").string_value(), "nanoseconds");
  EXPECT_EQ(blocked.at("startValue").number_value(), 0);
  EXPECT_EQ(blocked.at("endValue").number_value(), 9'000'002'001'000.0);
  ASSERT_EQ(blocked.at("samples").list_value().values_size(), 3);
  ASSERT_EQ(blocked.at("weights").list_value().values_size(), 3);

  const auto &frames = fields.at("shared").struct_value().fields().at("frames").list_value();
  const auto &stack = blocked.at("samples").list_value().values(0).list_value();
  ASSERT_EQ(stack.values_size(), 6);
  const auto frame = [&](int depth) -> const auto &
  {
    return frames.values(static_cast<int>(stack.values(depth).number_value()))
        .struct_value()
        .fields();
  };
  EXPECT_EQ(frame(0).at("name").string_value(), "GET /cart/{}");
  EXPECT_EQ(frame(0).count("file"), 0);
  EXPECT_EQ(frame(2).at("name").string_value(), "load");
  EXPECT_EQ(frame(2).at("file").string_value(), "shop/cart.py");
  EXPECT_EQ(frame(2).at("line").number_value(), 7);

  const auto &waits = profiles.values(1).struct_value().fields();
  EXPECT_EQ(waits.at("unit").string_value(), "none");
  EXPECT_EQ(waits.at("weights").list_value().values_size(), 2); // one waited no time that was seen
}

TEST(ProfileFile, OfNothingCanStillBeRead)
{
  domain::Profile profile = blocked_profile();
  profile.samples.clear();
  EXPECT_EQ(parsed(pprof_file(profile).value()).sample_size(), 0);
  EXPECT_EQ(folded_file(profile), "");
  google::protobuf::Struct json;
  EXPECT_TRUE(
      google::protobuf::util::JsonStringToMessage(speedscope_file(profile).value(), &json).ok());
}

TEST(ProfileFile, BytesOfAWatchedProcessBecomeText)
{
  domain::Profile profile = blocked_profile();
  profile.samples.resize(1);
  profile.samples[0].code = "a\nb\xff.py:7 in f\x1b[1m";
  profile.samples[0].endpoint = "GET /\xfe;x\n";
  const std::string folded = folded_file(profile);
  EXPECT_EQ(std::ranges::count(folded, '\n'), 1);
  EXPECT_THAT(folded, Not(HasSubstr("\x1b")));
  EXPECT_EQ(parsed(pprof_file(profile).value()).sample_size(), 1);
  google::protobuf::Struct json;
  EXPECT_TRUE(
      google::protobuf::util::JsonStringToMessage(speedscope_file(profile).value(), &json).ok());
}

TEST(ProfileFrame, IsReadFromTheLineAsReportsNameIt)
{
  EXPECT_EQ(frame_of("shop/cart.py:31 in Cart.load"),
            (ProfileFrame{ "Cart.load", "shop/cart.py", 31 }));
  EXPECT_EQ(frame_of("odd in name:2/a.py:7 in <lambda>"),
            (ProfileFrame{ "<lambda>", "odd in name:2/a.py", 7 }));
  for (const char *text : { "(other lines)", "", "a.py in f", "a.py: in f", "a.py:x in f",
                            "a.py:99999999999 in f", ":-1 in f", " in " })
    EXPECT_EQ(frame_of(text), (ProfileFrame{ text, "", 0 })) << text;
}

TEST(ProfileStack, HasNoCauseWhereThereIsOnlyOneAndIsNeverEmpty)
{
  domain::Profile profile = blocked_profile();
  profile.kind = domain::ProfileKind::on_cpu;
  domain::ProfileSample sample = profile.samples[0];
  sample.cause = domain::Cause::on_cpu;
  sample.what = sample.statement = "";
  ASSERT_EQ(stack_of(profile, sample).size(), 1);
  EXPECT_EQ(text_of(stack_of(profile, sample)[0]), "load (shop/cart.py:7)");
  sample.code = "";
  ASSERT_EQ(stack_of(profile, sample).size(), 1);
  EXPECT_EQ(stack_of(profile, sample)[0].name, "(line not known)");
}

TEST(ProfileHtml, DrawsEachStackWithItsValue)
{
  const std::string page = html_file(blocked_profile());
  EXPECT_THAT(page, HasSubstr("<h1>Linger: Blocked time</h1>"));
  EXPECT_THAT(page, HasSubstr("<title>all requests together: 2 h 30 min</title>"));
  EXPECT_THAT(page, HasSubstr("<title>load (shop/cart.py:7): 2 h 30 min</title>"
                              "<rect class=\"c-database\""));
  EXPECT_THAT(page, HasSubstr("<li>futex: 2.00 ms"));
  EXPECT_THAT(page, HasSubstr("<li>Something is missing.</li>"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(ProfileHtml, EscapesWhatComesFromAWatchedProcess)
{
  domain::Profile profile = blocked_profile();
  profile.samples[0].endpoint = "GET /<script>\x1b[2J";
  profile.samples[0].statement = "SELECT \"<b>\"";
  const std::string page = html_file(profile);
  EXPECT_THAT(page, HasSubstr("GET /&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
}

TEST(ProfileHtml, SaysThatThereIsNothing)
{
  domain::Profile profile = blocked_profile();
  profile.samples.clear();
  EXPECT_THAT(html_file(profile), HasSubstr("There was none."));
}

} // namespace
} // namespace linger::serve
