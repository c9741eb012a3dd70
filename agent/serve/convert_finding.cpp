#include "serve/convert.h"

#include "serve/escape.h"

#include <algorithm>

namespace linger::serve {

v1::Severity severity_of(domain::Severity severity)
{
  switch (severity) {
    case domain::Severity::info:
      return v1::SEVERITY_INFO;
    case domain::Severity::warning:
      return v1::SEVERITY_WARNING;
    case domain::Severity::critical:
      return v1::SEVERITY_CRITICAL;
  }
  return v1::SEVERITY_UNSPECIFIED;
}

bool has_finding(const v1::Report &report, domain::Severity at_least)
{
  return std::any_of(
      report.findings().begin(), report.findings().end(),
      [&](const v1::Finding &finding) { return finding.severity() >= severity_of(at_least); });
}

v1::Finding to_proto(const domain::Finding &finding, const domain::ClockAnchor &clock)
{
  v1::Finding message;
  message.set_id(valid_utf8(finding.id));
  message.set_rule(valid_utf8(finding.rule));
  message.set_severity(severity_of(finding.severity));
  message.set_title(valid_utf8(finding.title));
  message.set_detail(valid_utf8(finding.detail));
  for (const domain::Measurement &evidence : finding.evidence) {
    v1::Evidence &added = *message.add_evidence();
    added.set_name(valid_utf8(evidence.name));
    added.set_value(evidence.value);
    added.set_unit(valid_utf8(evidence.unit));
    added.set_text(valid_utf8(evidence.text));
  }
  message.set_remedy(valid_utf8(finding.remedy));
  for (const std::string &endpoint : finding.endpoints)
    message.add_endpoints(valid_utf8(endpoint));
  for (const std::uint32_t worker : finding.workers)
    message.add_workers(worker);
  *message.mutable_first_seen() = to_proto(clock.to_wall(finding.first_seen));
  *message.mutable_last_seen() = to_proto(clock.to_wall(finding.last_seen));
  message.set_server(finding.server);
  for (const std::string &cause : finding.explained_by)
    message.add_explained_by(valid_utf8(cause));
  message.mutable_effect()->set_request_seconds_per_second(
      finding.effect.request_seconds_per_second);
  message.mutable_effect()->set_bytes_per_hour(finding.effect.bytes_per_hour);
  message.mutable_effect()->set_requests_lost_per_hour(finding.effect.requests_lost_per_hour);
  return message;
}

} // namespace linger::serve
