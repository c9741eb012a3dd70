// The frames of a profile's sample.

#pragma once

#include "domain/profile.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linger::serve {

/// A line of the application, or something that is no code: then without a file.
struct ProfileFrame {
  std::string name;
  std::string file;
  std::uint32_t line = 0;

  auto operator<=>(const ProfileFrame &) const = default;
};

/// "shop/checkout.py:31 in charge" as a frame; anything else is its name as it stands.
[[nodiscard]] ProfileFrame frame_of(std::string_view code);

/// "charge (shop/checkout.py:31)".
[[nodiscard]] std::string text_of(const ProfileFrame &frame);

/// The outermost first: the application's line, the cause, what was waited on, what was asked. Of
/// time on a CPU and of memory just the line. Never empty; safe for a terminal.
[[nodiscard]] std::vector<ProfileFrame> stack_of(const domain::Profile &profile,
                                                 const domain::ProfileSample &sample);

/// The same below a frame for the endpoint and one for the worker: for formats without labels.
[[nodiscard]] std::vector<ProfileFrame> labelled_stack_of(const domain::Profile &profile,
                                                          const domain::ProfileSample &sample);

} // namespace linger::serve
