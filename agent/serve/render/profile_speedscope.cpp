#include "linger/profile/v1/speedscope.pb.h"
#include "serve/render/json.h"
#include "serve/render/profile.h"
#include "serve/render/profile_stack.h"

#include <map>

namespace linger::serve {
namespace {

using profile::v1::SpeedscopeFile;
using profile::v1::SpeedscopeFrame;
using profile::v1::SpeedscopeProfile;

class SpeedscopeWriter {
public:
  explicit SpeedscopeWriter(const domain::Profile &profile) : profile_(profile) {}

  SpeedscopeFile written()
  {
    file_.set_schema("https://www.speedscope.app/file-format-schema.json");
    file_.set_exporter("linger");
    file_.set_name("linger: " + std::string{ domain::name_of(profile_.kind) });
    file_.mutable_shared();
    // The one that the kind is about comes first; a count of it stands just ahead.
    add_profile(profile_.main_value);
    add_profile(profile_.main_value - 1);
    return std::move(file_);
  }

private:
  void add_profile(std::size_t value)
  {
    const domain::ProfileValue &counted = profile_.values[value];
    SpeedscopeProfile &added = *file_.add_profiles();
    added.set_type("sampled");
    added.set_name(std::string{ counted.name });
    added.set_unit(counted.unit == "count" ? "none" : std::string{ counted.unit });
    double sum = 0;
    for (const domain::ProfileSample &sample : profile_.samples) {
      if (sample.values[value] <= 0)
        continue;
      auto &stack = *added.add_samples();
      for (const ProfileFrame &frame : labelled_stack_of(profile_, sample))
        stack.add_values()->set_number_value(index_of(frame));
      const auto weight = static_cast<double>(sample.values[value]);
      added.add_weights(weight);
      sum += weight;
    }
    added.set_end_value(sum);
  }

  std::uint32_t index_of(const ProfileFrame &frame)
  {
    const auto [place, is_new] = frames_.emplace(frame, static_cast<std::uint32_t>(frames_.size()));
    if (is_new) {
      SpeedscopeFrame &added = *file_.mutable_shared()->add_frames();
      added.set_name(frame.name);
      if (!frame.file.empty()) {
        added.set_file(frame.file);
        added.set_line(frame.line);
      }
    }
    return place->second;
  }

  const domain::Profile &profile_;
  SpeedscopeFile file_;
  std::map<ProfileFrame, std::uint32_t> frames_;
};

} // namespace

Result<std::string> speedscope_file(const domain::Profile &profile)
{
  return json_line(SpeedscopeWriter(profile).written());
}

} // namespace linger::serve
