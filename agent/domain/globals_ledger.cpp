#include "domain/globals_ledger.h"

#include <algorithm>

namespace linger::domain {
namespace {

bool meet(const TimeWindow &a, const TimeWindow &b)
{
  return a.begin <= b.end && b.begin <= a.end;
}

struct Counted {
  LookCount looks;
  std::map<std::uint32_t, std::uint64_t> by_endpoint;

  void add(const std::set<std::uint32_t> &endpoints)
  {
    ++looks.all;
    looks.without_requests += endpoints.empty() ? 1 : 0;
    for (const std::uint32_t endpoint : endpoints)
      ++by_endpoint[endpoint];
  }
};

struct Changes {
  GlobalUse use;
  Counted rebound;
  Counted grown;
};

/// The one that was there at each change, and seldom when there was none.
GlobalWriter writer_of(const Counted &changes, const Counted &all,
                       const std::vector<std::string> &endpoints)
{
  GlobalWriter writer;
  double most = 0;
  for (const auto &[endpoint, changed] : changes.by_endpoint) {
    if (changed != changes.looks.all || endpoint >= endpoints.size())
      continue;
    const std::uint64_t looks = all.by_endpoint.at(endpoint);
    const double part = static_cast<double>(changed) / static_cast<double>(looks);
    if (part == most)
      writer.endpoint.clear();
    if (part <= most)
      continue;
    most = part;
    writer = { .endpoint = endpoints[endpoint], .looks = looks, .changed = changed };
  }
  return writer;
}

} // namespace

void WorkerGlobals::add_request(const TimeWindow &busy, std::uint32_t endpoint)
{
  for (auto look = looks_.rbegin(); look != looks_.rend() && look->seen.window.end >= busy.begin;
       ++look) {
    if (meet(look->seen.window, busy))
      look->endpoints.insert(endpoint);
  }
  // The next look begins where the latest one began to read, which is in that one's window.
  if (!looks_.empty() && busy.end < looks_.back().seen.window.begin)
    return;
  if (!looks_.empty() && busy.begin - looks_.back().seen.window.end > looks_over) {
    requests_.clear();
    return;
  }
  requests_.push_back({ .busy = busy, .endpoint = endpoint });
  if (requests_.size() > most_requests)
    requests_.pop_front();
}

void WorkerGlobals::add_look(const GlobalsLook &look)
{
  if (!look.gap.empty()) {
    gap_ = look.gap;
    return;
  }
  if (look.window.end - look.window.begin > looks_over)
    return; // whose requests are not known any more
  left_out_ += look.left_out;
  Look &added = looks_.emplace_back(Look{ .seen = look, .endpoints = {} });
  for (const RecentRequest &request : requests_) {
    if (meet(look.window, request.busy))
      added.endpoints.insert(request.endpoint);
  }
  std::erase_if(requests_,
                [&](const RecentRequest &request) { return request.busy.end < look.window.begin; });
  if (looks_.size() > most_looks)
    looks_.pop_front();
}

GlobalsReport WorkerGlobals::report(const std::vector<std::string> &endpoints) const
{
  Counted all;
  std::map<std::string, Changes> variables;
  std::size_t number = 0;
  for (const Look &look : looks_) {
    all.add(look.endpoints);
    const bool late = ++number > looks_.size() / 2;
    for (const GlobalChange &change : look.seen.changes) {
      Changes &variable = variables[change.name];
      GlobalUse &use = variable.use;
      use.type = change.type;
      use.items = change.items;
      if (change.rebound) {
        variable.rebound.add(look.endpoints);
        use.rises += change.rises ? 1 : 0;
      } else if (change.items > change.items_before) {
        variable.grown.add(look.endpoints);
        use.items_more += change.items - change.items_before;
        use.items_more_late += late ? change.items - change.items_before : 0;
      } else {
        use.items_less += change.items_before - change.items;
      }
    }
  }
  GlobalsReport report{ .looks = all.looks, .variables = {}, .left_out = left_out_, .gap = gap_ };
  for (auto &[name, variable] : variables) {
    variable.use.name = name;
    variable.use.rebound = variable.rebound.looks;
    variable.use.rebound_by = writer_of(variable.rebound, all, endpoints);
    variable.use.grown = variable.grown.looks;
    variable.use.grown_by = writer_of(variable.grown, all, endpoints);
    report.variables.push_back(std::move(variable.use));
  }
  return report;
}

std::map<std::uint32_t, GlobalsReport>
GlobalsLedger::report(const std::vector<std::string> &endpoints) const
{
  std::map<std::uint32_t, GlobalsReport> reports;
  for (const auto &[worker, globals] : workers_)
    reports[worker] = globals.report(endpoints);
  return reports;
}

} // namespace linger::domain
