// Attributes, as OpenTelemetry has them.

#pragma once

#include "domain/server.h"
#include "opentelemetry/proto/common/v1/common.pb.h"
#include "opentelemetry/proto/resource/v1/resource.pb.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace linger::serve {

using OtlpAttributes =
    google::protobuf::RepeatedPtrField<opentelemetry::proto::common::v1::KeyValue>;

/// Text is made valid UTF-8, as protobuf wants it; empty text is left out.
void set_attribute(OtlpAttributes &attributes, std::string_view key, std::string_view text);
void set_attribute(OtlpAttributes &attributes, std::string_view key, std::int64_t number);
void set_attribute(OtlpAttributes &attributes, std::string_view key, double number);

/// Who sends.
struct OtlpSender {
  std::string version; // of this program
  std::string host_name;
};

/// The server that something was measured of.
[[nodiscard]] opentelemetry::proto::resource::v1::Resource resource_of(const domain::Server &server,
                                                                       const OtlpSender &sender);
/// The agent itself.
[[nodiscard]] opentelemetry::proto::resource::v1::Resource agent_resource(const OtlpSender &sender);

[[nodiscard]] opentelemetry::proto::common::v1::InstrumentationScope
scope_of(const OtlpSender &sender);

} // namespace linger::serve
