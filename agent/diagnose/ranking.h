// One trouble is told once: what causes what, and what to put right first.

#pragma once

#include "diagnose/server_load.h"
#include "diagnose/thresholds.h"
#include "domain/finding.h"

#include <vector>

namespace linger::diagnose {

/// Enters into each consequence the findings that cause it (Finding::explained_by), and says so in
/// its words:
/// - workers that are busy all the time, and connections that wait for them, follow from requests
///   that block where the workers would have time without these waits;
/// - workers that took too long follow from an endpoint that blocks, where they were serving it;
/// - an event loop that is held up by what computes follows from the class of workers;
/// - an endpoint that blocks follows from the slow statements that make up most of its waits.
void explain(std::vector<domain::Finding> &findings, const std::vector<ServerLoad> &loads,
             const Thresholds &thresholds);

/// The most severe first, and among these what costs most. What has no measured effect comes after
/// what has one. A cause is as severe as what it causes and costs its part of that too; its
/// consequences stand behind it.
void rank(std::vector<domain::Finding> &findings);

/// One figure for effects of different kinds, in seconds of requests' time per second. A lost
/// request counts as one that took 30 s, a GiB an hour as one request that waits all the time.
[[nodiscard]] double weight_of(const domain::Effect &effect);

} // namespace linger::diagnose
