#pragma once

#include "linger/v1/finding.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// What a finding is about: "GET /report/{}; workers 4712, 4713 of server 4711".
[[nodiscard]] std::string subject_of(const v1::Finding &finding);

/// One finding in full: what, how much, the measurements and what to change.
[[nodiscard]] std::string finding_text(const v1::Finding &finding, const TextOptions &options);

} // namespace linger::serve
