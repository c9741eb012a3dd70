// What the recorded load of a server would meet with other settings.

#pragma once

#include "diagnose/server_load.h"
#include "diagnose/thresholds.h"
#include "domain/finding.h"
#include "domain/what_if.h"

#include <optional>
#include <string>

namespace linger::diagnose {

/// Replays the server's latest requests against its present setting and against others, and marks
/// what it advises: the setting with the fewest workers with which requests hardly queue, or, where
/// none gets there, the smallest that comes close to the best. Nothing where a thread does not
/// serve one request at a time, where too few requests or no CPUs are known, where requests wait
/// for a CPU already, and where the model does not come near to what was measured.
[[nodiscard]] std::optional<domain::WhatIf> what_if(const ServerLoad &load,
                                                    const Thresholds &thresholds);

/// Null where nothing is advised.
[[nodiscard]] const domain::Prediction *advised_in(const std::optional<domain::WhatIf> &what_if);

/// "--worker-class gthread --workers 2 --threads 8", in the words of the kind of server.
[[nodiscard]] std::string options_for(domain::ServerKind kind,
                                      const domain::WorkerSetting &setting);

/// "From 2,048 requests recorded here a model of 2 CPUs predicts with it ...".
[[nodiscard]] std::string sentences_on(const domain::WhatIf &what_if,
                                       const domain::Prediction &prediction);

/// Adds what is predicted for the advised setting to a finding's evidence, where one is advised.
void cite_prediction(domain::Finding &finding, const ServerLoad &load);

} // namespace linger::diagnose
