// Why a worker ended, as far as it shows from outside, and what its clients lost.

#pragma once

#include "domain/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::diagnose {

enum class Ending {
  wanted,        // stopped, replaced, reloaded: nothing is wrong
  timeout,       // its master's patience was over
  out_of_memory, // the kernel killed it to have its memory
  boot_failure,  // it ended by itself before it had served anything
  crash,
};

/// Of a worker that has an end.
[[nodiscard]] Ending ending_of(const domain::WorkerReport &worker, domain::ServerKind kind);

/// The workers of a server that ended in this way.
[[nodiscard]] std::vector<const domain::WorkerReport *> ended(const domain::ServerReport &server,
                                                              Ending ending);

/// "SIGSEGV"; "signal 42" for one without a common name.
[[nodiscard]] std::string signal_name(std::uint32_t signal);

/// The request that was open longest of those that these workers took along; null when there is
/// none.
[[nodiscard]] const domain::LostRequest *
longest_lost(const std::vector<const domain::WorkerReport *> &workers);

/// Enters the workers and the endpoints of the requests that they took along, tells of the longest
/// of these, and cites how many they were: of the whole window, which gives the finding's effect.
void tell_ends(domain::Finding &finding, const std::vector<const domain::WorkerReport *> &workers,
               domain::Nanos window);

} // namespace linger::diagnose
