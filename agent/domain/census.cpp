#include "domain/census.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>

namespace linger::domain {

// Where Flask (flask/ctx.py), SQLAlchemy (orm/session.py, pool/base.py) and Flask-SQLAlchemy 2 and
// 3 define them.
std::span<const std::string_view> types_of_request_objects()
{
  static constexpr std::array<std::string_view, 6> types{
    "flask.ctx.AppContext",
    "flask.ctx.RequestContext",
    "flask_sqlalchemy.SignallingSession",
    "flask_sqlalchemy.session.Session",
    "sqlalchemy.orm.session.Session",
    "sqlalchemy.pool.base._ConnectionFairy",
  };
  return types;
}

void set_types(Census &census, std::vector<TypeCount> types)
{
  std::ranges::sort(types, {}, &TypeCount::type);
  std::vector<TypeCount> merged;
  for (TypeCount &count : types) {
    if (merged.empty() || merged.back().type != count.type) {
      merged.push_back(std::move(count));
    } else {
      merged.back().objects += count.objects;
      merged.back().bytes += count.bytes;
    }
  }
  std::ranges::stable_sort(merged, std::ranges::greater{}, &TypeCount::bytes);
  census.objects = 0;
  census.bytes = 0;
  for (const TypeCount &count : merged) {
    census.objects += count.objects;
    census.bytes += count.bytes;
  }
  census.types = std::move(merged);
}

std::vector<TypeGrowth> growth_between(const Census &earlier, const Census &later)
{
  std::map<std::string, TypeGrowth> by_type;
  const auto add = [&by_type](const TypeCount &count, std::int64_t sign) {
    TypeGrowth &growth = by_type[count.type];
    growth.objects += sign * static_cast<std::int64_t>(count.objects);
    growth.bytes += sign * static_cast<std::int64_t>(count.bytes);
  };
  for (const TypeCount &count : earlier.types)
    add(count, -1);
  for (const TypeCount &count : later.types)
    add(count, 1);

  std::vector<TypeGrowth> growth;
  for (auto &[type, of_type] : by_type) {
    if (of_type.objects == 0 && of_type.bytes == 0)
      continue;
    of_type.type = type;
    growth.push_back(std::move(of_type));
  }
  std::ranges::stable_sort(growth, std::ranges::greater{}, [](const TypeGrowth &of_type) {
    return std::tuple(of_type.bytes, of_type.objects);
  });
  return growth;
}

} // namespace linger::domain
