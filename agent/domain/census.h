// What a worker's heap holds: objects by type, what grew between two looks, and what holds it.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::domain {

struct TypeCount {
  /// "shop.views.Session"; builtins go without their module.
  std::string type;
  std::uint64_t objects = 0;
  /// As sys.getsizeof() says, summed up.
  std::uint64_t bytes = 0;

  bool operator==(const TypeCount &) const = default;
};

/// How the heap was copied, and so how far the counts can be trusted.
struct HeapCopyQuality {
  /// No thread of the worker ran while it was copied: the counts are exact.
  bool idle = false;
  std::uint32_t attempts = 0;
  /// Addresses that led to no object.
  std::uint64_t unresolved = 0;
  /// How many objects the counts may be off by. 0 when idle and all resolved.
  std::uint64_t error_objects = 0;
  std::uint64_t copied_bytes = 0;
  /// How long the copying that counts took, and the census with all of its attempts.
  Nanos copy{};
  Nanos whole{};
  /// What could not be looked at, one sentence each.
  std::vector<std::string> gaps;
};

/// One way in which objects of a type are held.
struct RetainingPath {
  /// "`shop.views.RECENT` (list) -> dict -> shop.views.Session"
  std::string text;
  std::uint64_t objects = 0;

  bool operator==(const RetainingPath &) const = default;
};

/// Who holds the objects of one type, by the shortest way to each.
struct Retainers {
  std::string type;
  std::uint64_t objects = 0;
  /// The most objects first. What they do not add up to is held by something that was not found: C
  /// code, or a cycle that waits to be collected.
  std::vector<RetainingPath> paths;
};

struct Census {
  std::uint32_t tgid = 0;
  std::string python_version;
  WallTime time{};
  /// The most bytes first, then by name.
  std::vector<TypeCount> types;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  /// Of the objects: known to the collector, and put aside by gc.freeze().
  std::uint64_t tracked = 0;
  std::uint64_t frozen = 0;
  HeapCopyQuality quality;
};

/// One census with the holders of some types.
struct HeapLook {
  Census census;
  std::vector<Retainers> retainers;
};

struct TypeGrowth {
  std::string type;
  std::int64_t objects = 0;
  std::int64_t bytes = 0;

  bool operator==(const TypeGrowth &) const = default;
};

/// A type of which a worker's heap had more at the end of a window than at its begin.
struct GrownType {
  std::string type;
  std::int64_t objects = 0;
  std::int64_t bytes = 0;
  /// The ways that hold more of them at the end than in the middle of the window, by how many more.
  /// Empty where the type had not grown by then.
  std::vector<RetainingPath> holders;

  bool operator==(const GrownType &) const = default;
};

/// Objects that a request needs until it is over, of which a worker's heap holds some: types of
/// Flask and SQLAlchemy.
struct RequestObjects {
  std::string type;
  /// At the first look and at the last.
  std::uint64_t objects_begin = 0;
  std::uint64_t objects_end = 0;
  /// The ways that hold most of them at the end; empty where there was none at the begin.
  std::vector<RetainingPath> holders;

  bool operator==(const RequestObjects &) const = default;
};

/// Their types, as a census names them.
[[nodiscard]] std::span<const std::string_view> types_of_request_objects();

/// What grew in one worker's heap.
struct HeapGrowth {
  std::uint32_t tgid = 0;
  /// Between the first look and the last.
  Nanos between{};
  /// The most bytes first. Types that did not grow are left out, and those that hardly did.
  std::vector<GrownType> types;
  /// By type; those of which there is none at the end are left out.
  std::vector<RequestObjects> of_requests;
  /// How many objects a figure may be off by.
  std::uint64_t error_objects = 0;
  /// Why it is not known what grew; empty when it is.
  std::string gap;

  bool operator==(const HeapGrowth &) const = default;
};

/// What `later` has more than `earlier`, or less: the most bytes first, then the most objects, then
/// by name. Types that did not change are left out.
[[nodiscard]] std::vector<TypeGrowth> growth_between(const Census &earlier, const Census &later);

/// Sums up counts of the same name, sorts, and fills in the totals.
void set_types(Census &census, std::vector<TypeCount> types);

} // namespace linger::domain
