#include "domain/endpoint_aggregate.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace linger::domain {
namespace {

// A fault brings in one page: of this size on x86-64, and on arm64 as distributions build it.
constexpr std::uint64_t page_bytes = 4096;

// Pages show what an allocator adds to each block and what it leaves free between blocks too.
constexpr double unseen_ratio = 1.5;

std::uint64_t nanos_of(Nanos time)
{
  return static_cast<std::uint64_t>(std::max(Nanos::zero(), time).count());
}

EndpointMemory memory_of(const RetainedEstimate &retained, std::uint64_t requests)
{
  const auto settled = static_cast<double>(retained.requests);
  const double all_of_them = static_cast<double>(requests) / settled;
  EndpointMemory memory;
  memory.tier = MemoryTier::allocations;
  memory.allocated_bytes =
      static_cast<std::uint64_t>(saturating_round(retained.allocated_bytes * all_of_them));
  memory.retained_bytes = saturating_round(retained.retained_bytes * all_of_them);
  memory.retained_bytes_per_request = retained.retained_bytes / settled;
  memory.low = retained.bounds.low / settled;
  memory.high = retained.bounds.high / settled;
  if (retained.late_requests != 0) {
    const auto late = static_cast<double>(retained.late_requests);
    memory.late_low = retained.late.low / late;
    memory.late_high = retained.late.high / late;
  }
  memory.sites = retained.sites;
  for (MemorySite &site : memory.sites) {
    site.retained_bytes = saturating_round(static_cast<double>(site.retained_bytes) * all_of_them);
    site.count = saturating_round(static_cast<double>(site.count) * all_of_them);
  }
  return memory;
}

/// CPython takes small objects from an allocator of its own, whose calls are not looked at.
void join(const GrowthEstimate &small_objects, double requests, EndpointMemory &memory)
{
  memory.retained_bytes =
      saturating_sum(memory.retained_bytes, saturating_round(small_objects.per_request * requests));
  memory.retained_bytes_per_request += small_objects.per_request;
  memory.low += small_objects.low;
  memory.high += small_objects.high;
  memory.late_low += small_objects.late_low;
  memory.late_high += small_objects.late_high;
}

template <typename T>
const T *find(const std::map<std::uint32_t, T> &estimates, std::uint32_t endpoint)
{
  const auto found = estimates.find(endpoint);
  return found == estimates.end() ? nullptr : &found->second;
}

} // namespace

TimeWindow busy_window(const Request &request)
{
  const Nanos before = request.times[Cause::accept_queue] + request.times[Cause::event_loop];
  return { .begin = std::min(request.window.end, request.window.begin + before),
           .end = request.window.end };
}

bool is_malformed(const Request &request)
{
  return request.method == "-" || request.path.empty();
}

void EndpointAggregate::add(const WholeRequest &whole)
{
  const Request &request = whole.request;
  ++requests_;
  if (is_failed(request)) {
    ++errors_;
    failures_.add(request);
  }
  wall_ns_.add(nanos_of(request.window.length()));
  if (request.trace && is_recorded(*request.trace))
    exemplars_.add(
        { .trace = *request.trace, .wall = request.window.length(), .time = request.window.end });
  if (const Nanos queued = request.times[Cause::accept_queue]; queued > Nanos::zero())
    accept_queue_ns_.add(nanos_of(queued));
  times_ += request.times;
  throttled_ = saturating_sum(throttled_, request.throttled);
  calls_ += request.calls;
  opened_ += request.opened;
  open_transactions_ += request.transaction_open ? 1 : 0;
  local_clients_ += request.client_local ? 1 : 0;
  sites_.add_request(whole.waits);
  faults_ += request.minor_faults + request.major_faults;
}

EndpointReport EndpointAggregate::report(std::uint32_t server, const Kept &kept) const
{
  EndpointReport report{ .server = server,
                         .method = method_,
                         .route = route_,
                         .requests = requests_,
                         .errors = errors_,
                         .wall_ns = wall_ns_,
                         .accept_queue_ns = accept_queue_ns_,
                         .times = times_,
                         .throttled = throttled_,
                         .calls = calls_,
                         .opened = opened_,
                         .open_transactions = open_transactions_,
                         .local_clients = local_clients_,
                         .sites = sites_.top(max_reported_sites),
                         .failures = failures_.report(),
                         .exemplars = exemplars_.all() };
  const auto requests = static_cast<double>(requests_);
  report.memory.allocated_bytes = faults_ * page_bytes;
  report.memory.faults_per_request = requests_ == 0 ? 0 : static_cast<double>(faults_) / requests;
  if (const GrowthEstimate *growth = kept.growth) {
    report.memory.tier = MemoryTier::growth;
    report.memory.retained_bytes = saturating_round(growth->per_request * requests);
    report.memory.retained_bytes_per_request = growth->per_request;
    report.memory.low = growth->low;
    report.memory.high = growth->high;
    report.memory.late_low = growth->late_low;
    report.memory.late_high = growth->late_high;
  }
  if (kept.allocations != nullptr && kept.allocations->requests != 0) {
    EndpointMemory memory = memory_of(*kept.allocations, requests_);
    memory.faults_per_request = report.memory.faults_per_request;
    if (kept.small_objects != nullptr && kept.small_objects->low > 0)
      join(*kept.small_objects, requests, memory);
    if (kept.growth == nullptr ||
        std::min(kept.growth->low, kept.growth->late_low) <= unseen_ratio * memory.high)
      report.memory = memory;
    else
      report.memory.sites = std::move(memory.sites);
  }
  if (kept.small_objects != nullptr)
    report.memory.small_objects = *kept.small_objects;
  return report;
}

const EndpointAggregate &EndpointTable::add(const WholeRequest &whole, const RouteTable &routes)
{
  const Request &request = whole.request;
  const std::uint32_t id = id_of(request, routes);
  endpoints_[id].add(whole);
  if (time_profile_)
    time_profile_->add(whole, id);
  allocations_.add(LedgerRequest{ .tgid = request.tgid,
                                  .tid = request.tid,
                                  .sequence = request.sequence,
                                  .window = request.window,
                                  .endpoint = id });
  anonymous_.add_request(request.tgid, busy_window(request), id);
  small_objects_.add_request(request.tgid, busy_window(request), id);
  globals_.add_request(request.tgid, busy_window(request), id);
  // 0 is what a kernel without the counter gives: no worker has no memory.
  if (request.anonymous_begin_bytes != 0) {
    growth_.add(request.tgid, { .busy = busy_window(request),
                                .endpoint = id,
                                .anonymous_begin_bytes = request.anonymous_begin_bytes });
  }
  return endpoints_[id];
}

std::map<std::uint32_t, GrowthEstimate> EndpointTable::growth() const
{
  const auto doubt = [](const GrowthEstimate &estimate) { return estimate.high - estimate.low; };
  std::map<std::uint32_t, GrowthEstimate> growth = growth_.estimates();
  for (const auto &[id, seen] : anonymous_.estimates()) {
    const auto [known, added] = growth.emplace(id, seen);
    if (!added && doubt(seen) < doubt(known->second))
      known->second = seen;
  }
  return growth;
}

std::vector<EndpointReport> EndpointTable::report(std::uint32_t server) const
{
  const std::map<std::uint32_t, GrowthEstimate> growth = this->growth();
  const std::map<std::uint32_t, GrowthEstimate> small_objects = small_objects_.estimates();
  const std::map<std::uint32_t, RetainedEstimate> retained = allocations_.estimates();
  std::vector<EndpointReport> reports;
  reports.reserve(endpoints_.size());
  for (std::uint32_t id = 0; id < endpoints_.size(); ++id) {
    reports.push_back(endpoints_[id].report(server, { .growth = find(growth, id),
                                                      .small_objects = find(small_objects, id),
                                                      .allocations = find(retained, id) }));
  }
  return reports;
}

std::vector<std::string> EndpointTable::names() const
{
  std::vector<std::string> names(endpoints_.size());
  for (const auto &[name, id] : ids_)
    names[id] = name.first + " " + name.second;
  return names;
}

std::vector<ProfileSample> EndpointTable::profile(std::uint32_t server, ProfileKind kind) const
{
  const std::vector<std::string> names = this->names();
  std::vector<ProfileSample> samples;
  if (needs_allocations(kind)) {
    for (const AllocationsAtLine &line : allocations_.lines())
      samples.push_back({ .server = server,
                          .endpoint = names[line.endpoint],
                          .worker = line.worker,
                          .code = line.code,
                          .values = { saturating_round(line.allocated_count),
                                      saturating_round(line.allocated_bytes),
                                      saturating_round(line.retained_count),
                                      saturating_round(line.retained_bytes) } });
  } else if (time_profile_) {
    for (auto &[endpoint, sample] : time_profile_->samples(kind)) {
      sample.server = server;
      sample.endpoint = names[endpoint];
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

std::uint32_t EndpointTable::id_of(const Request &request, const RouteTable &routes)
{
  std::pair<std::string, std::string> key{ "-", "(malformed)" };
  const bool malformed = is_malformed(request);
  if (!malformed)
    key = { request.method, routes.route_of(request.path) };
  if (const auto known = ids_.find(key); known != ids_.end())
    return known->second;
  // Two places are kept for "(malformed)" and "(other)".
  if (!malformed && ids_.size() + 2 >= max_endpoints_)
    key = { other_method, other_route };
  const auto [place, is_new] = ids_.emplace(key, static_cast<std::uint32_t>(endpoints_.size()));
  if (is_new)
    endpoints_.emplace_back(key.first, key.second);
  return place->second;
}

} // namespace linger::domain
