#include "serve/render/profile.h"

namespace linger::serve {

std::optional<ProfileFormat> profile_format_named(std::string_view name)
{
  if (name == "pprof")
    return ProfileFormat::pprof;
  if (name == "folded")
    return ProfileFormat::folded;
  if (name == "speedscope")
    return ProfileFormat::speedscope;
  if (name == "html")
    return ProfileFormat::html;
  return std::nullopt;
}

Result<std::string> profile_file(const domain::Profile &profile, ProfileFormat format)
{
  switch (format) {
    case ProfileFormat::pprof:
      return pprof_file(profile);
    case ProfileFormat::folded:
      return folded_file(profile);
    case ProfileFormat::speedscope:
      return speedscope_file(profile);
    case ProfileFormat::html:
      return html_file(profile);
  }
  return failure(Error::Kind::usage, "neither pprof, folded, speedscope nor html");
}

} // namespace linger::serve
