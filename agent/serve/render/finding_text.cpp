#include "serve/render/finding_text.h"

#include "serve/escape.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

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
  if (!finding.remedy().empty())
    text += wrapped(finding.remedy(), width, "    Do: ", 8);
  return text;
}

} // namespace linger::serve
