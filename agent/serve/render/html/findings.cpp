#include "serve/render/finding_text.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <fmt/format.h>

namespace linger::serve::html {
namespace {

constexpr int most_findings = 50;
constexpr int most_evidence = 20;
// Of one field: a title or a remedy is never that long, a statement in it may be.
constexpr std::size_t most_characters = 1500;

std::string article_of(const v1::Finding &finding)
{
  const std::string label{ label_of(finding.severity()) };
  std::string text =
      fmt::format("<article class=\"finding s-{}\">\n<h3><span class=\"severity\">{}</span> "
                  "{}</h3>\n<p class=\"rule\">{}",
                  label, label, escaped(finding.title(), most_characters), escaped(finding.rule()));
  if (const std::string subject = subject_of(finding); !subject.empty())
    text += " at " + escaped(subject, most_characters);
  text += "</p>\n";
  if (!finding.detail().empty())
    text += "<p>" + escaped(finding.detail(), most_characters) + "</p>\n";
  if (!finding.evidence().empty()) {
    text += "<ul>\n";
    for (int i = 0; i < std::min(most_evidence, finding.evidence_size()); ++i)
      text += fmt::format("<li>{}: <b>{}</b></li>\n",
                          escaped(finding.evidence(i).name(), most_characters),
                          escaped(finding.evidence(i).text(), most_characters));
    text += "</ul>\n";
  }
  if (!finding.remedy().empty())
    text +=
        "<p class=\"remedy\"><b>Do:</b> " + escaped(finding.remedy(), most_characters) + "</p>\n";
  return text + "</article>\n";
}

} // namespace

std::string findings_section(const v1::Report &report)
{
  std::string content;
  for (int i = 0; i < std::min(most_findings, report.findings_size()); ++i)
    content += article_of(report.findings(i));
  if (report.findings().empty())
    content = "<p>None: no rule found anything to say about what was seen.</p>\n";
  if (report.findings_size() > most_findings)
    content += fmt::format("<p>And {} more.</p>\n", report.findings_size() - most_findings);
  return section("findings", "Findings", content);
}

} // namespace linger::serve::html
