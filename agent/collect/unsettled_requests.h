// Requests of which nobody knows whether they have ended.

#pragma once

#include "domain/observation.h"

#include <cstdint>
#include <map>
#include <vector>

namespace linger::collect {

/// Remembers each thread's latest request while its response may go on: its length was not stated,
/// and the thread waits for something that an idle thread waits for too. When nothing more has come
/// for `patience` it is taken to have ended. Not thread-safe.
class UnsettledRequests {
public:
  static constexpr domain::Nanos patience{ 1'000'000'000 };

  /// To be told of every request.
  void note(const domain::Request &request);

  /// Those whose patience has run out, as ended. They are forgotten.
  [[nodiscard]] std::vector<domain::Request> settle(domain::MonotonicTime now);

private:
  std::map<std::uint32_t, domain::Request> by_tid_;
};

} // namespace linger::collect
