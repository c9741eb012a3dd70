#include "serve/convert_comparison.h"

#include "serve/convert.h"
#include "serve/escape.h"

namespace linger::serve {
namespace {

v1::Verdict verdict_of(domain::Verdict verdict)
{
  switch (verdict) {
    case domain::Verdict::not_compared:
      return v1::VERDICT_NOT_COMPARED;
    case domain::Verdict::unchanged:
      return v1::VERDICT_UNCHANGED;
    case domain::Verdict::improved:
      return v1::VERDICT_IMPROVED;
    case domain::Verdict::regressed:
      return v1::VERDICT_REGRESSED;
    case domain::Verdict::appeared:
      return v1::VERDICT_APPEARED;
    case domain::Verdict::gone:
      return v1::VERDICT_GONE;
  }
  return v1::VERDICT_UNSPECIFIED;
}

v1::EndpointChange::Aspect aspect_of(domain::Aspect aspect)
{
  switch (aspect) {
    case domain::Aspect::typical_latency:
      return v1::EndpointChange::ASPECT_TYPICAL_LATENCY;
    case domain::Aspect::tail_latency:
      return v1::EndpointChange::ASPECT_TAIL_LATENCY;
    case domain::Aspect::errors:
      return v1::EndpointChange::ASPECT_ERRORS;
    case domain::Aspect::retained_memory:
      return v1::EndpointChange::ASPECT_RETAINED_MEMORY;
  }
  return v1::EndpointChange::ASPECT_UNSPECIFIED;
}

v1::FindingChange::Presence presence_of(domain::Presence presence)
{
  switch (presence) {
    case domain::Presence::appeared:
      return v1::FindingChange::PRESENCE_APPEARED;
    case domain::Presence::worse:
      return v1::FindingChange::PRESENCE_WORSE;
    case domain::Presence::unchanged:
      return v1::FindingChange::PRESENCE_UNCHANGED;
    case domain::Presence::gone:
      return v1::FindingChange::PRESENCE_GONE;
  }
  return v1::FindingChange::PRESENCE_UNSPECIFIED;
}

v1::Shift shift_of(const domain::Shift &shift)
{
  v1::Shift message;
  message.set_before_ns(shift.before);
  message.set_after_ns(shift.after);
  message.set_low_ns(shift.difference.low);
  message.set_high_ns(shift.difference.high);
  return message;
}

v1::MemoryShift memory_of(const domain::MemoryShift &memory)
{
  v1::MemoryShift message;
  message.set_before_tier(tier_of(memory.before_tier));
  message.set_after_tier(tier_of(memory.after_tier));
  message.set_before_bytes(memory.before_bytes);
  message.set_before_low_bytes(memory.before.low);
  message.set_before_high_bytes(memory.before.high);
  message.set_after_bytes(memory.after_bytes);
  message.set_after_low_bytes(memory.after.low);
  message.set_after_high_bytes(memory.after.high);
  return message;
}

v1::EndpointChange change_of(const domain::Change &change)
{
  v1::EndpointChange message;
  message.set_aspect(aspect_of(change.aspect));
  message.set_p_value(change.p_value);
  return message;
}

v1::EndpointComparison endpoint_of(const domain::EndpointComparison &endpoint)
{
  v1::EndpointComparison message;
  message.set_service(valid_utf8(endpoint.service));
  message.set_method(valid_utf8(endpoint.method));
  message.set_route(valid_utf8(endpoint.route));
  message.set_verdict(verdict_of(endpoint.verdict));
  for (const std::string &sentence : endpoint.sentences)
    message.add_sentences(valid_utf8(sentence));
  for (const domain::Change &change : endpoint.regressions) {
    v1::EndpointChange &added = *message.add_regressions();
    added = change_of(change);
    added.set_severity(severity_of(change.severity));
  }
  for (const domain::Change &change : endpoint.improvements)
    *message.add_improvements() = change_of(change);
  message.set_requests_before(endpoint.requests_before);
  message.set_requests_after(endpoint.requests_after);
  message.set_errors_before(endpoint.errors_before);
  message.set_errors_after(endpoint.errors_after);
  *message.mutable_memory() = memory_of(endpoint.memory);
  if (endpoint.blocks_before == 0) // times were not compared
    return message;
  *message.mutable_p50() = shift_of(endpoint.p50_ns);
  *message.mutable_p95() = shift_of(endpoint.p95_ns);
  *message.mutable_mean() = shift_of(endpoint.mean_ns);
  for (const domain::CauseShift &shift : endpoint.causes) {
    v1::CauseShift &added = *message.add_causes();
    added.set_cause(std::string(name_of(shift.cause)));
    *added.mutable_mean() = shift_of(shift.mean_ns);
  }
  message.set_slower_ratio(endpoint.slower_share);
  message.set_block_ns(to_ns(endpoint.block_length));
  message.set_blocks_before(endpoint.blocks_before);
  message.set_blocks_after(endpoint.blocks_after);
  message.set_correlated(endpoint.correlated);
  return message;
}

v1::ComparedRecording recording_of(const domain::Report &report)
{
  v1::Report whole = to_proto(report);
  v1::ComparedRecording message;
  message.mutable_window()->Swap(whole.mutable_window());
  message.mutable_coverage()->Swap(whole.mutable_coverage());
  return message;
}

} // namespace

v1::Comparison to_proto(const domain::Comparison &comparison)
{
  v1::Comparison message;
  *message.mutable_before() = recording_of(comparison.before);
  *message.mutable_after() = recording_of(comparison.after);
  message.set_tolerance_ratio(comparison.tolerance.ratio);
  message.set_tolerance_ns(to_ns(comparison.tolerance.time));
  for (const domain::EndpointComparison &endpoint : comparison.endpoints)
    *message.add_endpoints() = endpoint_of(endpoint);
  for (const domain::FindingChange &change : comparison.findings) {
    v1::FindingChange &added = *message.add_findings();
    added.set_presence(presence_of(change.presence));
    const bool gone = change.presence == domain::Presence::gone;
    *added.mutable_finding() =
        to_proto(change.finding, (gone ? comparison.before : comparison.after).clock);
  }
  for (const std::string &gap : comparison.gaps)
    message.add_gaps(valid_utf8(gap));
  return message;
}

} // namespace linger::serve
