#include "serve/render/profile.h"
#include "serve/render/profile_stack.h"

#include <algorithm>
#include <map>

namespace linger::serve {

std::string folded_file(const domain::Profile &profile)
{
  // Frames end at a semicolon, so none may hold one.
  const auto one_frame = [](const ProfileFrame &frame) {
    std::string text = text_of(frame);
    std::ranges::replace(text, ';', ',');
    return text;
  };
  std::map<std::string, std::int64_t> stacks;
  for (const domain::ProfileSample &sample : profile.samples) {
    std::string stack;
    for (const ProfileFrame &frame : labelled_stack_of(profile, sample))
      stack += (stack.empty() ? "" : ";") + one_frame(frame);
    std::int64_t &sum = stacks[stack];
    sum = domain::saturating_sum(sum, sample.values[profile.main_value]);
  }
  std::string file;
  for (const auto &[stack, value] : stacks) {
    if (value > 0)
      file += stack + " " + std::to_string(value) + "\n";
  }
  return file;
}

} // namespace linger::serve
