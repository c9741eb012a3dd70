#include "serve/top/rates.h"

#include <algorithm>
#include <google/protobuf/descriptor.h>
#include <map>
#include <tuple>

namespace linger::serve {
namespace {

using Key = std::tuple<std::uint32_t, std::string, std::string>;

Key key_of(const v1::Endpoint &endpoint)
{
  return { endpoint.server(), endpoint.method(), endpoint.route() };
}

/// later - earlier, cause by cause; a sum that fell counts as 0.
v1::CauseTimes difference(const v1::CauseTimes &earlier, const v1::CauseTimes &later)
{
  v1::CauseTimes times;
  const google::protobuf::Descriptor &fields = *v1::CauseTimes::descriptor();
  const google::protobuf::Reflection &read = *v1::CauseTimes::GetReflection();
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::FieldDescriptor *field = fields.field(i);
    const std::uint64_t before = read.GetUInt64(earlier, field);
    const std::uint64_t now = read.GetUInt64(later, field);
    read.SetUInt64(&times, field, now - std::min(now, before));
  }
  return times;
}

void add(v1::CauseTimes &sum, const v1::CauseTimes &times)
{
  const google::protobuf::Descriptor &fields = *v1::CauseTimes::descriptor();
  const google::protobuf::Reflection &read = *v1::CauseTimes::GetReflection();
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::FieldDescriptor *field = fields.field(i);
    read.SetUInt64(&sum, field, read.GetUInt64(sum, field) + read.GetUInt64(times, field));
  }
}

Rate rate_of(const v1::Endpoint &before, const v1::Endpoint &now)
{
  return { .server = now.server(),
           .name = now.method() + " " + now.route(),
           .requests = now.requests() - std::min(now.requests(), before.requests()),
           .errors = now.errors() - std::min(now.errors(), before.errors()),
           .times = difference(before.time(), now.time()),
           .retained_bytes_per_request = now.memory().retained_bytes_per_request() };
}

bool started_anew(const v1::Report &earlier, const v1::Report &later)
{
  return later.window().duration_ns() < earlier.window().duration_ns();
}

} // namespace

Rates rates_between(const v1::Report &before, const v1::Report &later)
{
  const v1::Report nothing;
  const v1::Report &earlier = started_anew(before, later) ? nothing : before;
  std::map<Key, const v1::Endpoint *> known;
  for (const v1::Endpoint &endpoint : earlier.endpoints())
    known[key_of(endpoint)] = &endpoint;

  Rates rates;
  constexpr double ns_per_second = 1e9;
  rates.seconds =
      static_cast<double>(later.window().duration_ns() - earlier.window().duration_ns()) /
      ns_per_second;
  std::map<std::uint32_t, Rate> servers;
  for (const v1::Server &server : later.servers())
    servers[server.master_tgid()] = { .server = server.master_tgid(), .name = server.app() };
  for (const v1::Endpoint &endpoint : later.endpoints()) {
    const auto found = known.find(key_of(endpoint));
    Rate rate =
        rate_of(found == known.end() ? v1::Endpoint::default_instance() : *found->second, endpoint);
    if (rate.requests == 0)
      continue;
    if (const auto server = servers.find(rate.server); server != servers.end()) {
      server->second.requests += rate.requests;
      server->second.errors += rate.errors;
      add(server->second.times, rate.times);
    }
    rates.endpoints.push_back(std::move(rate));
  }
  std::ranges::stable_sort(rates.endpoints, std::ranges::greater{},
                           [](const Rate &rate) { return rate.times.wall_ns(); });
  for (auto &[tgid, rate] : servers)
    rates.servers.push_back(std::move(rate));
  return rates;
}

} // namespace linger::serve
