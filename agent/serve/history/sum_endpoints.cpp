#include "serve/history/sums.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace linger::serve {
namespace {

std::uint64_t sum_of(std::uint64_t a, std::uint64_t b)
{
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

void add_sites(v1::Endpoint &sum, const v1::Endpoint &more)
{
  using Key = std::tuple<std::string, std::string, std::string, std::string, bool>;
  const auto key_of = [](const v1::Site &site) {
    return Key{ site.cause(), site.what(), site.code(), site.statement(), site.held_loop() };
  };
  constexpr std::size_t most_sites = 16; // promised in endpoint.proto
  // More are kept while minutes are added: what comes 17th now may come first in the end.
  constexpr std::size_t most_kept = 4 * most_sites;
  std::map<Key, v1::Site> sites;
  for (const v1::Site &site : sum.sites())
    sites[key_of(site)] = site;
  for (const v1::Site &site : more.sites()) {
    const auto [found, is_new] = sites.try_emplace(key_of(site), site);
    if (is_new)
      continue;
    v1::Site &known = found->second;
    known.set_waits(sum_of(known.waits(), site.waits()));
    known.set_repeated(sum_of(known.repeated(), site.repeated()));
    known.set_total_ns(sum_of(known.total_ns(), site.total_ns()));
    known.set_max_ns(std::max(known.max_ns(), site.max_ns()));
    known.set_requests(sum_of(known.requests(), site.requests()));
  }
  std::vector<v1::Site> order;
  for (auto &[key, site] : sites)
    order.push_back(std::move(site));
  std::ranges::stable_sort(order, std::ranges::greater{}, &v1::Site::total_ns);
  sum.clear_sites();
  for (std::size_t i = 0; i < std::min(order.size(), most_kept); ++i)
    *sum.add_sites() = std::move(order[i]);
}

/// The mean of two estimates, weighted, with the bounds that two independent errors give.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};
Estimate combined(const Estimate &a, double a_weight, const Estimate &b, double b_weight)
{
  const double all = a_weight + b_weight;
  const double a_part = all > 0 ? a_weight / all : 0.5;
  const double b_part = 1 - a_part;
  const double value = a_part * a.value + b_part * b.value;
  return { .value = value,
           .low = value - std::hypot(a_part * (a.value - a.low), b_part * (b.value - b.low)),
           .high = value + std::hypot(a_part * (a.high - a.value), b_part * (b.high - b.value)) };
}

template <typename Message>
Estimate estimate_of(const Message &memory)
{
  return { memory.retained_bytes_per_request(), memory.low(), memory.high() };
}

template <typename Message>
void set_estimate(Message &memory, const Estimate &estimate)
{
  memory.set_retained_bytes_per_request(estimate.value);
  memory.set_low(estimate.low);
  memory.set_high(estimate.high);
}

void add_memory(v1::EndpointMemory &sum, double sum_requests, const v1::EndpointMemory &more,
                double more_requests)
{
  if (more.tier() == v1::MEMORY_TIER_UNSPECIFIED)
    return;
  if (sum.tier() == v1::MEMORY_TIER_UNSPECIFIED) {
    sum = more;
    return;
  }
  set_estimate(sum, combined(estimate_of(sum), sum_requests, estimate_of(more), more_requests));
  sum.set_faults_per_request(combined({ .value = sum.faults_per_request() }, sum_requests,
                                      { .value = more.faults_per_request() }, more_requests)
                                 .value);
  sum.set_allocated_bytes(sum_of(sum.allocated_bytes(), more.allocated_bytes()));
  sum.set_retained_bytes(sum.retained_bytes() + more.retained_bytes());
  sum.set_tier(std::max(sum.tier(), more.tier()));
  if (more.has_small_objects() && sum.has_small_objects()) {
    set_estimate(*sum.mutable_small_objects(),
                 combined(estimate_of(sum.small_objects()), sum_requests,
                          estimate_of(more.small_objects()), more_requests));
    // Of the later half of the whole time the latest minute says most.
    sum.mutable_small_objects()->set_late_low(more.small_objects().late_low());
    sum.mutable_small_objects()->set_late_high(more.small_objects().late_high());
  } else if (more.has_small_objects()) {
    *sum.mutable_small_objects() = more.small_objects();
  }
  if (more.sites_size() != 0)
    *sum.mutable_sites() = more.sites();
}

} // namespace

void add_counts(google::protobuf::Message &sum, const google::protobuf::Message &more)
{
  const google::protobuf::Descriptor &type = *sum.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor *field = type.field(i);
    sum.GetReflection()->SetUInt64(&sum, field,
                                   sum_of(sum.GetReflection()->GetUInt64(sum, field),
                                          more.GetReflection()->GetUInt64(more, field)));
  }
}

void add_endpoint(v1::Endpoint &sum, const v1::Endpoint &more)
{
  // First what depends on how many there were before.
  add_memory(*sum.mutable_memory(), static_cast<double>(sum.requests()), more.memory(),
             static_cast<double>(more.requests()));
  sum.set_requests(sum_of(sum.requests(), more.requests()));
  sum.set_errors(sum_of(sum.errors(), more.errors()));
  sum.set_open_transactions(sum_of(sum.open_transactions(), more.open_transactions()));
  sum.set_throttled_ns(sum_of(sum.throttled_ns(), more.throttled_ns()));
  add_counts(*sum.mutable_time(), more.time());
  add_counts(*sum.mutable_calls(), more.calls());
  add_counts(*sum.mutable_opened(), more.opened());
  add_sites(sum, more);
}

} // namespace linger::serve
