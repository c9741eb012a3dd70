#include "serve/history/minute_sum.h"

#include "serve/history/minute.h"
#include "serve/history/sums.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace linger::serve {
namespace {

void set_quantiles(v1::Quantiles &message, const domain::QuantileSketch &sketch)
{
  message.set_min_ns(sketch.min());
  message.set_p50_ns(sketch.quantile(0.5));
  message.set_p90_ns(sketch.quantile(0.9));
  message.set_p99_ns(sketch.quantile(0.99));
  message.set_max_ns(sketch.max());
  message.set_mean_ns(static_cast<std::uint64_t>(std::llround(sketch.mean())));
}

/// tgids are used again; a master that serves something else is another server.
bool is_same(const v1::Server &left, const v1::Server &right)
{
  return left.master_tgid() == right.master_tgid() && left.kind() == right.kind() &&
         left.app() == right.app();
}

bool has(const v1::Server &server, std::uint32_t tgid)
{
  return server.master_tgid() == tgid ||
         std::ranges::any_of(server.workers(),
                             [&](const v1::Worker &worker) { return worker.tgid() == tgid; });
}

} // namespace

void MinuteSum::add_servers(const v1::Report &report)
{
  const auto sum_ns = static_cast<double>(sum_.window().duration_ns());
  const auto more_ns = static_cast<double>(report.window().duration_ns());
  for (const v1::Server &server : report.servers()) {
    const auto known = std::ranges::find_if(
        *sum_.mutable_servers(), [&](const v1::Server &other) { return is_same(other, server); });
    if (known == sum_.mutable_servers()->end())
      add_server(*sum_.add_servers(), server, sum_ns, more_ns);
    else
      add_server(*known, server, sum_ns, more_ns);
  }
}

void MinuteSum::add_coverage(const v1::Coverage &coverage)
{
  v1::Coverage &sum = *sum_.mutable_coverage();
  sum.set_requests_seen(sum.requests_seen() + coverage.requests_seen());
  sum.set_requests_broken(sum.requests_broken() + coverage.requests_broken());
  sum.set_requests_lost(sum.requests_lost() + coverage.requests_lost());
  sum.set_records_seen(sum.records_seen() + coverage.records_seen());
  sum.set_records_lost(sum.records_lost() + coverage.records_lost());
  sum.set_agent_cpu_ns(sum.agent_cpu_ns() + coverage.agent_cpu_ns());
  sum.set_bpf_run_ns(sum.bpf_run_ns() + coverage.bpf_run_ns());
  sum.set_host_cpu_ns(sum.host_cpu_ns() + coverage.host_cpu_ns());
  sum.set_host_steal_ns(sum.host_steal_ns() + coverage.host_steal_ns());
  sum.set_host_busy_ns(sum.host_busy_ns() + coverage.host_busy_ns());
  sum.set_agent_rss_bytes(std::max(sum.agent_rss_bytes(), coverage.agent_rss_bytes()));
  constexpr std::size_t most_gaps = 64; // some hold figures, and so differ from minute to minute
  for (const std::string &gap : coverage.gaps()) {
    if (gaps_.size() < most_gaps || gaps_.contains(gap))
      ++gaps_[gap];
  }
}

void MinuteSum::add(const history::v1::Minute &minute)
{
  const v1::Report &report = minute.report();
  add_servers(report);
  for (int i = 0; i < report.endpoints_size(); ++i) {
    const v1::Endpoint &endpoint = report.endpoints(i);
    const auto [known, is_new] =
        endpoints_.try_emplace({ endpoint.server(), endpoint.method(), endpoint.route() });
    if (is_new)
      known->second.endpoint = endpoint;
    else
      add_endpoint(known->second.endpoint, endpoint);
    known->second.wall.merge(wall_of(minute, i));
  }
  add_coverage(report.coverage());
  findings_.add(report);

  v1::Window &window = *sum_.mutable_window();
  if (minutes_ == 0)
    *window.mutable_start_time() = report.window().start_time();
  *window.mutable_end_time() = report.window().end_time();
  window.set_duration_ns(window.duration_ns() + report.window().duration_ns());
  ++minutes_;
}

v1::Report MinuteSum::report(const std::vector<std::uint32_t> &tgids)
{
  constexpr std::size_t most_sites = 16; // promised in endpoint.proto
  std::set<std::uint32_t> wanted;
  for (const v1::Server &server : sum_.servers()) {
    if (std::ranges::any_of(tgids, [&](std::uint32_t tgid) { return has(server, tgid); }))
      wanted.insert(server.master_tgid());
  }
  const auto is_wanted = [&](std::uint32_t master) {
    return tgids.empty() || wanted.contains(master);
  };

  v1::Report report = std::move(sum_);
  auto &servers = *report.mutable_servers();
  servers.erase(
      std::remove_if(servers.begin(), servers.end(),
                     [&](const v1::Server &server) { return !is_wanted(server.master_tgid()); }),
      servers.end());
  for (auto &[key, sum] : endpoints_) {
    if (!is_wanted(sum.endpoint.server()))
      continue;
    v1::Endpoint &endpoint = *report.add_endpoints();
    endpoint = std::move(sum.endpoint);
    set_quantiles(*endpoint.mutable_wall(), sum.wall);
    while (std::cmp_greater(endpoint.sites_size(), most_sites))
      endpoint.mutable_sites()->RemoveLast();
  }
  std::ranges::stable_sort(*report.mutable_endpoints(), std::ranges::greater{},
                           [](const v1::Endpoint &endpoint) { return endpoint.time().wall_ns(); });
  for (v1::Finding &finding : findings_.findings()) {
    if (is_wanted(finding.server()))
      *report.add_findings() = std::move(finding);
  }
  for (const auto &[gap, minutes] : gaps_)
    report.mutable_coverage()->add_gaps(
        minutes == minutes_ ? gap : fmt::format("{} (in {} of {} looks)", gap, minutes, minutes_));
  return report;
}

} // namespace linger::serve
