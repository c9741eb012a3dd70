#pragma once

#include "linger/v1/endpoint.pb.h"
#include "serve/render/style.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <string>

namespace linger::serve {

/// The endpoints as a table: counts and quantiles, below them what the time went to, what was
/// waited on and what memory stayed.
[[nodiscard]] std::string
endpoints_text(const google::protobuf::RepeatedPtrField<v1::Endpoint> &endpoints,
               const TextOptions &options);

} // namespace linger::serve
