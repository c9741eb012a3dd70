#include "linger/profile/v1/pprof.pb.h"
#include "serve/escape.h"
#include "serve/render/profile.h"
#include "serve/render/profile_stack.h"

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <map>
#include <utility>

namespace linger::serve {
namespace {

using profile::v1::PprofFunction;
using profile::v1::PprofLocation;
using profile::v1::PprofProfile;
using profile::v1::PprofSample;

class PprofWriter {
public:
  explicit PprofWriter(const domain::Profile &profile) : profile_(profile)
  {
    index_of(""); // the format wants it first
  }

  PprofProfile written()
  {
    for (const domain::ProfileValue &value : profile_.values) {
      auto &type = *written_.add_sample_type();
      type.set_type(index_of(std::string{ value.name }));
      type.set_unit(index_of(std::string{ value.unit }));
    }
    written_.set_default_sample_type(
        index_of(std::string{ profile_.values[profile_.main_value].name }));
    written_.set_time_nanos(
        profile_.clock.to_wall(profile_.window.begin).time_since_epoch().count());
    written_.set_duration_nanos(profile_.window.length().count());
    for (const std::string &note : profile_.notes)
      written_.add_comment(index_of(printable(note)));
    for (const domain::ProfileSample &sample : profile_.samples)
      add(sample);
    return std::move(written_);
  }

private:
  void add(const domain::ProfileSample &sample)
  {
    PprofSample &added = *written_.add_sample();
    const std::vector<ProfileFrame> stack = stack_of(profile_, sample);
    for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame)
      added.add_location_id(location_of(*frame));
    for (const std::int64_t value : sample.values)
      added.add_value(value);
    label(added, "endpoint", printable(sample.endpoint));
    label(added, "worker", std::to_string(sample.worker));
    label(added, "server", std::to_string(sample.server));
    if (sample.cause)
      label(added, "cause", std::string{ domain::name_of(*sample.cause) });
  }

  void label(PprofSample &sample, const std::string &key, const std::string &text)
  {
    auto &label = *sample.add_label();
    label.set_key(index_of(key));
    label.set_str(index_of(text));
  }

  std::uint64_t location_of(const ProfileFrame &frame)
  {
    const auto [place, is_new] = locations_.emplace(frame, locations_.size() + 1);
    if (is_new) {
      PprofLocation &location = *written_.add_location();
      location.set_id(place->second);
      auto &line = *location.add_line();
      line.set_function_id(function_of(frame));
      line.set_line(frame.line);
    }
    return place->second;
  }

  std::uint64_t function_of(const ProfileFrame &frame)
  {
    const auto [place, is_new] =
        functions_.emplace(std::pair{ frame.name, frame.file }, functions_.size() + 1);
    if (is_new) {
      PprofFunction &function = *written_.add_function();
      function.set_id(place->second);
      function.set_name(index_of(frame.name));
      function.set_system_name(function.name());
      function.set_filename(index_of(frame.file));
    }
    return place->second;
  }

  std::int64_t index_of(const std::string &text)
  {
    const auto [place, is_new] = strings_.emplace(text, written_.string_table_size());
    if (is_new)
      written_.add_string_table(text);
    return place->second;
  }

  const domain::Profile &profile_;
  PprofProfile written_;
  std::map<std::string, std::int64_t> strings_;
  std::map<ProfileFrame, std::uint64_t> locations_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> functions_;
};

} // namespace

Result<std::string> pprof_file(const domain::Profile &profile)
{
  std::string file;
  google::protobuf::io::StringOutputStream bytes(&file);
  google::protobuf::io::GzipOutputStream compressed(&bytes);
  if (!PprofWriter(profile).written().SerializeToZeroCopyStream(&compressed) || !compressed.Close())
    return failure(Error::Kind::exhausted, "the profile is too large to be written as pprof");
  return file;
}

} // namespace linger::serve
