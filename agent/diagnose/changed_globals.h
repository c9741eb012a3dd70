// Variables of the application's modules that change with requests. More than one rule asks.

#pragma once

#include "diagnose/server_load.h"
#include "domain/globals.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::diagnose {

/// How one variable changed in the worker where it changed most often.
struct ChangedGlobal {
  const domain::GlobalUse *use = nullptr;
  /// Of that worker.
  const domain::WorkerReport *worker = nullptr;
  /// All workers in which it changed so.
  std::vector<std::uint32_t> workers;
};

/// Of `count` and `writer`, the two that belong to one kind of change.
struct ChangeKind {
  domain::LookCount domain::GlobalUse::*count = nullptr;
  domain::GlobalWriter domain::GlobalUse::*writer = nullptr;
  bool (*counts)(const domain::GlobalUse &, const Thresholds &) = nullptr;
};
[[nodiscard]] ChangeKind overwritten();
[[nodiscard]] ChangeKind growing();

/// Those that changed in enough looks, with requests and not without; the most often first. Where
/// looks without a request are too few to tell, because the worker always had one, they have to
/// change in nearly all looks with the writer's.
[[nodiscard]] std::vector<ChangedGlobal>
changed_globals(const ServerLoad &load, const ChangeKind &kind, const Thresholds &thresholds);

/// "in 41 of the 60 looks that found requests, all of them with GET /x, and in none of 90 others".
[[nodiscard]] std::string account_of_change(const ChangedGlobal &changed, const ChangeKind &kind);

} // namespace linger::diagnose
