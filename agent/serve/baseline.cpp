#include "serve/baseline.h"

#include "domain/finding_presence.h"
#include "serve/convert.h"

#include <map>
#include <string>

namespace linger::serve {
namespace {

using Services = std::map<std::uint32_t, std::string>;

Services services_of(const v1::Report &report)
{
  Services services;
  for (const v1::Server &server : report.servers())
    services[server.master_tgid()] = domain::service_name(server.kind(), server.app());
  return services;
}

std::vector<std::string> names_of(const Services &services)
{
  std::vector<std::string> names;
  for (const auto &[master, name] : services)
    names.push_back(name);
  return names;
}

domain::Severity severity_of(v1::Severity severity)
{
  switch (severity) {
    case v1::SEVERITY_CRITICAL:
      return domain::Severity::critical;
    case v1::SEVERITY_WARNING:
      return domain::Severity::warning;
    default:
      return domain::Severity::info;
  }
}

/// With `alone`, every service is the other report's, whatever it is called.
std::vector<domain::IdentifiedFinding> identified(const v1::Report &report,
                                                  const Services &services, bool alone)
{
  std::vector<domain::IdentifiedFinding> findings;
  for (const v1::Finding &finding : report.findings()) {
    const auto service = services.find(finding.server());
    findings.push_back(
        { .identity = { .rule = finding.rule(),
                        .service = alone || service == services.end() ? "" : service->second,
                        .endpoints = { finding.endpoints().begin(), finding.endpoints().end() } },
          .severity = severity_of(finding.severity()) });
  }
  return findings;
}

} // namespace

std::vector<v1::Finding> findings_beyond(const v1::Report &baseline, const v1::Report &report,
                                         domain::Severity at_least)
{
  const Services were = services_of(baseline);
  const Services are = services_of(report);
  const bool alone = domain::are_alone(names_of(were), names_of(are));
  const std::vector<domain::Presence> now =
      domain::presences(identified(baseline, were, alone), identified(report, are, alone));
  std::vector<v1::Finding> beyond;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const v1::Finding &finding = report.findings(static_cast<int>(i));
    if (now[i] != domain::Presence::unchanged && severity_of(finding.severity()) >= at_least)
      beyond.push_back(finding);
  }
  return beyond;
}

} // namespace linger::serve
