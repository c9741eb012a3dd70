#include "serve/render/finding_text.h"

#include "serve/escape.h"
#include "serve/render/figures.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

namespace linger::serve {

std::string subject_of(const v1::Finding &finding)
{
  std::string subject = fmt::format("{}", fmt::join(finding.endpoints(), ", "));
  if (finding.server() == 0)
    return subject;
  if (!subject.empty())
    subject += "; ";
  if (!finding.workers().empty())
    subject += fmt::format("{} {} of ", finding.workers_size() == 1 ? "worker" : "workers",
                           fmt::join(finding.workers(), ", "));
  return subject + fmt::format("server {}", finding.server());
}

namespace {

/// "1.62 s of requests' time per second, 12.0 requests lost an hour". Empty where nothing was
/// measured.
std::string cost_of(const v1::Effect &effect)
{
  std::vector<std::string> costs;
  if (effect.request_seconds_per_second() > 0)
    costs.push_back(
        fmt::format("{:.3g} s of requests' time per second", effect.request_seconds_per_second()));
  if (effect.bytes_per_hour() > 0)
    costs.push_back(bytes_text(effect.bytes_per_hour()) + " an hour");
  if (effect.requests_lost_per_hour() > 0)
    costs.push_back(fmt::format("{:.3g} requests lost an hour", effect.requests_lost_per_hour()));
  return fmt::format("{}", fmt::join(costs, ", "));
}

} // namespace

std::string finding_text(const v1::Finding &finding, const TextOptions &options)
{
  const std::size_t width = std::max<std::size_t>(options.width, 40);
  const std::string label(label_of(finding.severity()));
  // Colour comes after wrapping: escapes have no width.
  std::string text = wrapped(finding.rule(), width, "  " + label + "  ", 4);
  text.replace(2, label.size(), inked(label, ink_of(finding.severity()), options.colour));
  text += inked(wrapped(finding.title(), width, "  ", 2), Ink::bold, options.colour);
  if (const std::string subject = subject_of(finding); !subject.empty())
    text += wrapped(subject, width, "    at ", 7);
  if (!finding.detail().empty())
    text += wrapped(finding.detail(), width, "    ", 4);
  for (const v1::Evidence &evidence : finding.evidence())
    text += wrapped(fmt::format("{}: {}", evidence.name(), evidence.text()), width, "    - ", 6);
  if (const std::string cost = cost_of(finding.effect()); !cost.empty())
    text += wrapped(cost, width, "    Costs: ", 11);
  for (const std::string &cause : finding.explained_by())
    text += wrapped(cause, width, "    Follows from: ", 18);
  if (!finding.remedy().empty())
    text += wrapped(finding.remedy(), width, "    Do: ", 8);
  return text;
}

} // namespace linger::serve
