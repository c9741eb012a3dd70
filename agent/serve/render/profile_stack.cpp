#include "serve/render/profile_stack.h"

#include "serve/escape.h"

#include <charconv>
#include <fmt/format.h>

namespace linger::serve {

ProfileFrame frame_of(std::string_view code)
{
  constexpr std::string_view in = " in ";
  // Names of functions hold no " in ", names of files may.
  const std::size_t end = code.rfind(in);
  const std::size_t colon = end == std::string_view::npos ? end : code.rfind(':', end);
  if (colon == std::string_view::npos)
    return { .name = printable(code), .file = "", .line = 0 };
  std::uint32_t line = 0;
  const auto [stopped, error] = std::from_chars(code.data() + colon + 1, code.data() + end, line);
  if (error != std::errc{} || stopped != code.data() + end || end == colon + 1)
    return { .name = printable(code), .file = "", .line = 0 };
  return { .name = printable(code.substr(end + in.size())),
           .file = printable(code.substr(0, colon)),
           .line = line };
}

std::string text_of(const ProfileFrame &frame)
{
  return frame.file.empty() ? frame.name
                            : fmt::format("{} ({}:{})", frame.name, frame.file, frame.line);
}

std::vector<ProfileFrame> stack_of(const domain::Profile &profile,
                                   const domain::ProfileSample &sample)
{
  std::vector<ProfileFrame> stack;
  const auto push = [&](std::string_view text) {
    if (!text.empty())
      stack.push_back({ .name = printable(text), .file = "", .line = 0 });
  };
  if (!sample.code.empty())
    stack.push_back(frame_of(sample.code));
  if (sample.cause && profile.kind == domain::ProfileKind::blocked)
    push(domain::name_of(*sample.cause));
  push(sample.what);
  push(sample.statement);
  if (stack.empty())
    push("(line not known)");
  return stack;
}

std::vector<ProfileFrame> labelled_stack_of(const domain::Profile &profile,
                                            const domain::ProfileSample &sample)
{
  std::vector<ProfileFrame> stack{
    { .name = printable(sample.endpoint), .file = "", .line = 0 },
    { .name = fmt::format("worker {}", sample.worker), .file = "", .line = 0 }
  };
  for (ProfileFrame &frame : stack_of(profile, sample))
    stack.push_back(std::move(frame));
  return stack;
}

} // namespace linger::serve
