// Workers, threads, CPUs and the interpreter's lock, replayed event by event.

#pragma once

#include "domain/time.h"
#include "domain/what_if.h"

#include <cstdint>
#include <vector>

namespace linger::diagnose {

/// What one request needs, whoever serves it: `cpu` in `waits` + 1 equal parts, and between them
/// `wait` in as many equal parts.
struct Job {
  domain::Nanos arrival{}; // since the first one's; of an open load
  domain::Nanos cpu{};
  domain::Nanos wait{};
  std::uint32_t waits = 1;
};

/// A stream of requests. An open load arrives when it arrives. Of a closed one `clients` are
/// there, each with one request at a time and `think` between two of them.
struct Load {
  std::vector<Job> jobs;
  std::uint32_t clients = 0; // 0: open
  domain::Nanos think{};
};

struct SimulatedServer {
  std::uint32_t workers = 1;
  std::uint32_t threads = 1;
  /// A worker takes connections although its threads are all busy, and keeps them for itself
  /// (gthread), instead of leaving them to whichever worker is free first.
  bool takes_ahead = false;
  /// What part of the connections each of the workers takes ahead; empty: all the same.
  std::vector<double> shares;
  /// Threads of one worker share an interpreter: when one wants to compute while another does, it
  /// gets its turn after this. Zero: not before the other waits for something (greenlets).
  domain::Nanos switch_interval = std::chrono::milliseconds{ 5 };
  /// CPUs that all workers share; more than 0.
  double cpus = 1;
  /// What a worker's thread computes between two requests.
  domain::Nanos between{};
};

/// Serves the load to its end. Every thread has one request at a time; requests that wait are
/// served in the order in which they came. Pure: the same input gives the same answer. The first
/// requests, while the server fills up, do not count.
[[nodiscard]] domain::Performance simulate(const Load &load, const SimulatedServer &server);

} // namespace linger::diagnose
