// Where threads have been waiting for long. What never ends leaves no record of a wait. Whoever is
// killed in one leaves a stack, and nothing to read its names from: these are known where somebody
// looked before.

#pragma once

#include "decode/thread_decoder.h"
#include "domain/time.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace linger::collect {

/// Gives threads that have been waiting for a while, for a lock or with a request open, the
/// application's line that waits. A wait is looked at once. Not thread-safe.
class LongWaits {
public:
  static constexpr domain::Nanos patience{ 1'000'000'000 };

  struct Place {
    /// Empty where it cannot be told.
    std::string code;
    bool for_event = false;
  };
  using PlaceOf = std::function<Place(std::uint32_t tgid, std::uint64_t thread_pointer)>;

  explicit LongWaits(PlaceOf place_of) : place_of_(std::move(place_of)) {}

  /// All threads are being looked at anew.
  void begin_look();

  /// Fills in the line of a sample whose time is known.
  void note(decode::Thread &thread);

private:
  struct Looked {
    domain::MonotonicTime since;
    Place place;
  };

  PlaceOf place_of_;
  std::map<std::uint32_t, Looked> before_; // by tid, of the look before
  std::map<std::uint32_t, Looked> now_;
};

} // namespace linger::collect
