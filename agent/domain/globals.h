// Variables of the application's modules, and how requests use them: names and types, never values.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

/// What became of one variable between two looks.
struct GlobalChange {
  /// "shop.views.CURRENT".
  std::string name;
  /// Of what it holds now: "dict", "shop.models.User".
  std::string type;
  /// It holds something else than before.
  bool rebound = false;
  /// It is a number or a time that was smaller before: counters and marks of when something was
  /// last done only rise.
  bool rises = false;
  /// Of a container that is still the same one: its items, now and before.
  std::uint64_t items = 0;
  std::uint64_t items_before = 0;

  bool operator==(const GlobalChange &) const = default;
};

/// What changed in one worker since it was looked at before; a look without changes counts too.
struct GlobalsLook {
  /// Since the look before.
  TimeWindow window;
  std::uint32_t tgid = 0;
  /// By name.
  std::vector<GlobalChange> changes;
  /// How many more changed than there is room for here.
  std::uint64_t left_out = 0;
  /// Why nothing is known; empty when it is.
  std::string gap;

  bool operator==(const GlobalsLook &) const = default;
};

/// In how many looks something was so, in all and those at a time without a request.
struct LookCount {
  std::uint64_t all = 0;
  std::uint64_t without_requests = 0;

  bool operator==(const LookCount &) const = default;
};

/// The endpoint whose requests were there whenever a variable changed; empty where several were as
/// often, and where there was none.
struct GlobalWriter {
  std::string endpoint;
  /// Looks with requests of it, and those in which the variable changed.
  std::uint64_t looks = 0;
  std::uint64_t changed = 0;

  bool operator==(const GlobalWriter &) const = default;
};

/// One variable over a window. Those that never changed are left out.
struct GlobalUse {
  std::string name;
  std::string type;
  LookCount rebound;
  /// Of these, the looks that found it larger.
  std::uint64_t rises = 0;
  GlobalWriter rebound_by;
  /// While it was one container: the looks that found it larger, what they found more, and what
  /// others found less; what was more in the later half of the looks.
  LookCount grown;
  std::uint64_t items_more = 0;
  std::uint64_t items_less = 0;
  std::uint64_t items_more_late = 0;
  std::uint64_t items = 0;
  GlobalWriter grown_by;

  bool operator==(const GlobalUse &) const = default;
};

/// One worker's.
struct GlobalsReport {
  LookCount looks;
  std::vector<GlobalUse> variables;
  std::uint64_t left_out = 0;
  std::string gap;

  bool operator==(const GlobalsReport &) const = default;
};

} // namespace linger::domain
