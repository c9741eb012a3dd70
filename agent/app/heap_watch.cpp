#include "app/heap_watch.h"

#include "python/census_taker.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace linger::app {
namespace {

using domain::GrownType;
using domain::TypeGrowth;

/// Types that grew by more than `error_objects`, the most bytes first.
std::vector<GrownType> grown_between(const domain::Census &earlier, const domain::Census &later,
                                     std::uint64_t error_objects)
{
  std::vector<GrownType> grown;
  for (const TypeGrowth &growth : domain::growth_between(earlier, later)) {
    if (grown.size() == HeapWatch::most_types)
      break;
    if (!grown.empty() && growth.bytes < grown.front().bytes / HeapWatch::least_part)
      break;
    if (growth.bytes >= HeapWatch::min_bytes && growth.objects >= HeapWatch::min_objects &&
        static_cast<std::uint64_t>(growth.objects) > error_objects)
      grown.push_back(
          { .type = growth.type, .objects = growth.objects, .bytes = growth.bytes, .holders = {} });
  }
  return grown;
}

std::uint64_t error_of(const domain::Census &earlier, const domain::Census &later)
{
  return earlier.quality.error_objects + later.quality.error_objects;
}

/// Of each way, what it holds more than before.
std::vector<domain::RetainingPath> more_held(const domain::Retainers &before,
                                             const domain::Retainers &now)
{
  std::map<std::string, std::uint64_t> held;
  for (const domain::RetainingPath &path : before.paths)
    held[path.text] = path.objects;
  std::vector<domain::RetainingPath> more;
  for (const domain::RetainingPath &path : now.paths) {
    const auto earlier = held.find(path.text);
    const std::uint64_t less = earlier == held.end() ? 0 : earlier->second;
    if (path.objects > less)
      more.push_back({ .text = path.text, .objects = path.objects - less });
  }
  std::ranges::stable_sort(more, std::ranges::greater{}, &domain::RetainingPath::objects);
  more.resize(std::min(more.size(), HeapWatch::most_holders));
  return more;
}

std::uint64_t count_of(const domain::Census &census, std::string_view type)
{
  const auto found = std::ranges::find(census.types, type, &domain::TypeCount::type);
  return found == census.types.end() ? 0 : found->objects;
}

/// Those of a request's objects that a heap has.
std::vector<std::string> request_types_in(const domain::Census &census)
{
  std::vector<std::string> types;
  for (const std::string_view type : domain::types_of_request_objects()) {
    if (count_of(census, type) != 0)
      types.emplace_back(type);
  }
  return types;
}

const domain::Retainers *of_type(const std::vector<domain::Retainers> &all, const std::string &type)
{
  const auto found = std::ranges::find(all, type, &domain::Retainers::type);
  return found == all.end() ? nullptr : &*found;
}

std::vector<domain::RequestObjects> request_objects(const domain::Census &earlier,
                                                    const HeapLook &later)
{
  std::vector<domain::RequestObjects> all;
  for (const std::string &type : request_types_in(later.census)) {
    domain::RequestObjects objects{ .type = type,
                                    .objects_begin = count_of(earlier, type),
                                    .objects_end = count_of(later.census, type),
                                    .holders = {} };
    if (const domain::Retainers *held = of_type(later.retainers, type))
      objects.holders = { held->paths.begin(),
                          held->paths.begin() + std::min<std::ptrdiff_t>(std::ssize(held->paths),
                                                                         HeapWatch::most_holders) };
    all.push_back(std::move(objects));
  }
  return all;
}

} // namespace

Result<HeapLook> look_at_heap(std::uint32_t tgid, const std::vector<std::string> &paths_of,
                              python::MissingType missing)
{
  const auto taker = python::CensusTaker::open("/proc", tgid);
  if (!taker)
    return tl::unexpected(taker.error());
  python::CensusOptions options;
  options.paths_of = paths_of;
  options.missing = missing;
  auto taken = taker->take(options, [](std::uint32_t) {});
  if (!taken)
    return tl::unexpected(taken.error());
  return HeapLook{ .census = std::move(taken->census), .retainers = std::move(taken->retainers) };
}

LookAtHeap real_looks()
{
  return [](std::uint32_t tgid, const std::vector<std::string> &paths_of) {
    return look_at_heap(tgid, paths_of, python::MissingType::left_out);
  };
}

Result<> check_is_worker(const domain::Server &server, std::uint32_t tgid)
{
  if (server.master_tgid != tgid)
    return {};
  std::vector<std::uint32_t> workers;
  for (const domain::WorkerProcess &worker : server.workers) {
    if (worker.tgid == tgid)
      return {}; // it is its own
    workers.push_back(worker.tgid);
  }
  if (workers.empty())
    return failure(Error::Kind::not_found,
                   fmt::format("{} is the master of a {} that has no worker now", tgid,
                               domain::name_of(server.kind)));
  return failure(Error::Kind::usage,
                 fmt::format("{} is the master of a {}; a census is of one of its workers: {}",
                             tgid, domain::name_of(server.kind), fmt::join(workers, ", ")));
}

std::vector<std::uint32_t> canaries(const std::vector<domain::Server> &servers)
{
  std::vector<std::uint32_t> tgids;
  for (std::size_t nth = 0;; ++nth) {
    bool any = false;
    for (const domain::Server &server : servers) {
      if (nth >= server.workers.size())
        continue;
      any = true;
      tgids.push_back(server.workers[nth].tgid);
      if (tgids.size() == HeapWatch::most_workers)
        return tgids;
    }
    if (!any)
      return tgids;
  }
}

HeapWatch::HeapWatch(std::vector<std::uint32_t> tgids, LookAtHeap look) : look_(std::move(look))
{
  for (const std::uint32_t tgid : tgids)
    workers_.push_back({ .tgid = tgid, .begin = {}, .middle = {}, .gap = {} });
}

void HeapWatch::look_at_begin()
{
  for (Worker &worker : workers_) {
    auto look = look_(worker.tgid, {});
    if (look)
      worker.begin = std::move(look->census);
    else
      worker.gap = look.error().what;
  }
}

void HeapWatch::look_at_middle()
{
  for (Worker &worker : workers_) {
    if (!worker.begin)
      continue;
    // What goes wrong here is told by the last look, or costs no more than the holders.
    const auto look = look_(worker.tgid, {});
    if (!look)
      continue;
    std::vector<std::string> grown;
    for (const GrownType &type :
         grown_between(*worker.begin, look->census, error_of(*worker.begin, look->census)))
      grown.push_back(type.type);
    if (grown.empty())
      continue;
    if (auto held = look_(worker.tgid, grown))
      worker.middle = std::move(held->retainers);
  }
}

std::vector<domain::HeapGrowth> HeapWatch::look_at_end()
{
  std::vector<domain::HeapGrowth> growths;
  growths.reserve(workers_.size());
  for (const Worker &worker : workers_)
    growths.push_back(growth_of(worker));
  return growths;
}

domain::HeapGrowth HeapWatch::growth_of(const Worker &worker) const
{
  domain::HeapGrowth growth{ .tgid = worker.tgid,
                             .between = {},
                             .types = {},
                             .of_requests = {},
                             .error_objects = 0,
                             .gap = worker.gap };
  if (!worker.begin)
    return growth;
  std::vector<std::string> held_before = request_types_in(*worker.begin);
  for (const domain::Retainers &retainers : worker.middle)
    held_before.push_back(retainers.type);
  const auto look = look_(worker.tgid, held_before);
  if (!look) {
    growth.gap = look.error().what;
    return growth;
  }
  growth.between = look->census.time - worker.begin->time;
  growth.error_objects = error_of(*worker.begin, look->census);
  growth.types = grown_between(*worker.begin, look->census, growth.error_objects);
  growth.of_requests = request_objects(*worker.begin, *look);
  if (growth.types.empty() && !grown_between(*worker.begin, look->census, 0).empty())
    growth.gap = fmt::format("{}, so its objects could not be counted closely enough: a count may "
                             "be off by {}",
                             worker.begin->quality.idle && look->census.quality.idle
                                 ? "some of its memory could not be made out"
                                 : "it was hardly ever idle",
                             growth.error_objects);
  for (GrownType &type : growth.types) {
    const domain::Retainers *before = of_type(worker.middle, type.type);
    const domain::Retainers *now = of_type(look->retainers, type.type);
    if (before != nullptr && now != nullptr)
      type.holders = more_held(*before, *now);
  }
  return growth;
}

} // namespace linger::app
