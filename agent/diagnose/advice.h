// The setting that a server is advised to have, in words.

#pragma once

#include "diagnose/server_load.h"
#include "domain/finding.h"
#include "domain/what_if.h"

#include <optional>
#include <string>

namespace linger::diagnose {

/// Null where nothing is advised.
[[nodiscard]] const domain::Prediction *advised_in(const std::optional<domain::WhatIf> &what_if);

/// "--worker-class gthread --workers 2 --threads 8", in the words of the kind of server.
[[nodiscard]] std::string options_for(domain::ServerKind kind,
                                      const domain::WorkerSetting &setting);

/// What is predicted with a setting, beside what was measured, and what that takes for granted.
[[nodiscard]] std::string sentences_on(const domain::WhatIf &what_if,
                                       const domain::Prediction &prediction);

/// Adds what is predicted for the advised setting to a finding's evidence, where one is advised.
void cite_prediction(domain::Finding &finding, const ServerLoad &load);

} // namespace linger::diagnose
