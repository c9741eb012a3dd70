// What a wait is, in the words of OpenTelemetry's conventions where it has them
// (https://opentelemetry.io/docs/specs/semconv/).

#pragma once

#include "domain/observation.h"
#include "serve/otlp/attributes.h"

#include <string>

namespace linger::serve {

/// Whether another program was asked something meanwhile.
[[nodiscard]] bool asks_another(const domain::Wait &wait);

/// "SELECT", "POST /pay/{}", "lock": few different ones.
[[nodiscard]] std::string name_of_wait(const domain::Wait &wait);

void describe(const domain::Wait &wait, OtlpAttributes &attributes);

} // namespace linger::serve
