// Domain words to the messages of linger.v1, whose protos say what each field means. Text becomes
// valid UTF-8 on the way; it is not made safe for a terminal here (see render/).

#pragma once

#include "domain/report.h"
#include "linger/v1/diagnostics.pb.h"
#include "linger/v1/report.pb.h"
#include "serve/agent_view.h"

#include <google/protobuf/timestamp.pb.h>

namespace linger::serve {

[[nodiscard]] v1::Report to_proto(const domain::Report &report);

/// `clock` turns the server's and its workers' times into those people read.
[[nodiscard]] v1::Server to_proto(const domain::ServerReport &server,
                                  const domain::ClockAnchor &clock);

[[nodiscard]] v1::Finding to_proto(const domain::Finding &finding,
                                   const domain::ClockAnchor &clock);

/// Whether the report holds a finding of this severity or a worse one.
[[nodiscard]] bool has_finding(const v1::Report &report, domain::Severity at_least);

[[nodiscard]] v1::Request to_proto(const SeenRequest &request);

[[nodiscard]] v1::CauseTimes to_proto(const domain::CauseTimes &times);

[[nodiscard]] v1::Severity severity_of(domain::Severity severity);

[[nodiscard]] v1::MemoryTier tier_of(domain::MemoryTier tier);

[[nodiscard]] google::protobuf::Timestamp to_proto(domain::WallTime time);

/// A span in ns as the protos carry it. A negative one, which only a clock gone wrong can make, is
/// 0.
[[nodiscard]] std::uint64_t to_ns(domain::Nanos span);

} // namespace linger::serve
