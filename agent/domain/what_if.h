// What a server's recorded load would meet with other settings: figures of a model, beside those
// that were measured. docs/design/what-if.md says what the model takes for granted.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

/// How requests fare.
struct Performance {
  double requests_per_second = 0;
  /// From a request's arrival until a thread took it up.
  Nanos queue_mean{};
  Nanos queue_p95{};
  /// From its arrival to the last byte of its response.
  Nanos wall_p50{};
  Nanos wall_p95{};

  bool operator==(const Performance &) const = default;
};

/// Processes, their threads, and how they take connections.
struct WorkerSetting {
  std::string worker_class;
  std::uint32_t workers = 1;
  /// Of each worker. 0 where one thread serves as many requests as come: greenlets.
  std::uint32_t threads = 1;

  bool operator==(const WorkerSetting &) const = default;
};

struct Prediction {
  WorkerSetting setting;
  Performance performance;
  /// Of all workers together, as the present ones are; 0 where that is not known.
  std::uint64_t resident_bytes = 0;
  /// What the findings advise.
  bool advised = false;

  bool operator==(const Prediction &) const = default;
};

struct WhatIf {
  /// A fixed number of clients, each of which sends its next request when it has the response to
  /// the one before; otherwise requests come as they came, whatever the server does.
  bool closed = false;
  /// Clients of a closed load, and how long each of them waits between two requests.
  std::uint32_t clients = 0;
  Nanos think{};
  /// Requests that were replayed, and the CPUs that they had.
  std::uint64_t requests = 0;
  double cpus = 0;
  /// What was measured over those requests.
  Performance measured;
  /// What the model makes of the present setting, and of others.
  Prediction present;
  std::vector<Prediction> alternatives;
};

} // namespace linger::domain
