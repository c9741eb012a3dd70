#include "serve/metrics/told_endpoints.h"

#include "domain/endpoint_aggregate.h"

namespace linger::serve {
namespace {

using domain::EndpointTable;

void add_up(domain::EndpointReport &sum, const domain::EndpointReport &endpoint)
{
  sum.requests += endpoint.requests;
  sum.errors += endpoint.errors;
  sum.wall_ns.merge(endpoint.wall_ns);
  sum.accept_queue_ns.merge(endpoint.accept_queue_ns);
  sum.times += endpoint.times;
  sum.throttled += endpoint.throttled;
}

} // namespace

bool ToldEndpoints::has_own(const domain::EndpointReport &endpoint)
{
  const Name name{ endpoint.method, endpoint.route };
  if (name == Name{ EndpointTable::other_method, EndpointTable::other_route })
    return false; // the evidence's own remainder
  std::set<Name> &own = own_[endpoint.server];
  if (own.contains(name))
    return true;
  if (own.size() >= max_endpoints_)
    return false;
  own.insert(name);
  return true;
}

std::vector<domain::EndpointReport>
ToldEndpoints::of(const std::vector<domain::EndpointReport> &endpoints)
{
  std::vector<domain::EndpointReport> told;
  std::map<std::uint32_t, domain::EndpointReport> others; // by server
  std::set<std::uint32_t> servers;
  for (const domain::EndpointReport &endpoint : endpoints) {
    servers.insert(endpoint.server);
    if (has_own(endpoint)) {
      told.push_back(endpoint);
      continue;
    }
    domain::EndpointReport &other = others[endpoint.server];
    other.server = endpoint.server;
    other.method = EndpointTable::other_method;
    other.route = EndpointTable::other_route;
    add_up(other, endpoint);
  }
  for (auto &[server, other] : others)
    told.push_back(std::move(other));
  std::erase_if(own_, [&](const auto &own) { return !servers.contains(own.first); });
  return told;
}

} // namespace linger::serve
