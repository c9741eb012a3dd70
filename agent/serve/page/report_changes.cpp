#include "serve/page/report_changes.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace linger::serve {
namespace {

using Key = std::tuple<std::uint32_t, std::string, std::string>;

Key key_of(const v1::Endpoint &endpoint)
{
  return { endpoint.server(), endpoint.method(), endpoint.route() };
}

std::map<Key, const v1::Endpoint *> endpoints_of(const v1::Report &report)
{
  std::map<Key, const v1::Endpoint *> endpoints;
  for (const v1::Endpoint &endpoint : report.endpoints())
    endpoints.emplace(key_of(endpoint), &endpoint);
  return endpoints;
}

} // namespace

v1::Report changes_between(const v1::Report &earlier, const v1::Report &later)
{
  const auto known = endpoints_of(earlier);
  v1::Report changes;
  *changes.mutable_window() = later.window();
  *changes.mutable_servers() = later.servers();
  *changes.mutable_findings() = later.findings();
  *changes.mutable_coverage() = later.coverage();
  for (const v1::Endpoint &endpoint : later.endpoints()) {
    const auto found = known.find(key_of(endpoint));
    if (found == known.end() || found->second->SerializeAsString() != endpoint.SerializeAsString())
      *changes.add_endpoints() = endpoint;
  }
  return changes;
}

bool keeps_endpoints(const v1::Report &earlier, const v1::Report &later)
{
  const auto now = endpoints_of(later);
  return std::ranges::all_of(earlier.endpoints(), [&](const v1::Endpoint &endpoint) {
    return now.contains(key_of(endpoint));
  });
}

} // namespace linger::serve
