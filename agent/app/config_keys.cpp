#include "app/config_keys.h"

#include "app/access_keys.h"
#include "app/history_keys.h"
#include "app/otlp_keys.h"
#include "domain/evidence.h"
#include "domain/route.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <vector>

namespace linger::app {
namespace {

tl::unexpected<Error> wrong(std::string what)
{
  return failure(Error::Kind::usage, std::move(what));
}

Result<double> positive_number(const toml::node &value)
{
  const std::optional<double> number =
      value.is_number() ? value.value<double>() : std::optional<double>{};
  if (!number || !std::isfinite(*number) || *number <= 0)
    return wrong("must be a number greater than 0");
  return *number;
}

Result<> set_listen(Config &config, const toml::node &value)
{
  Result<std::vector<std::string>> addresses = strings_in(value);
  if (!addresses)
    return tl::unexpected(addresses.error());
  if (addresses->empty())
    return wrong("must name at least one address");
  config.listen = std::move(*addresses);
  return {};
}

Result<> set_http(Config &config, const toml::node &value)
{
  const std::optional<std::string> address = value.value_exact<std::string>();
  if (!address || address->empty())
    return wrong("must be \"HOST:PORT\" or \"off\"");
  config.http = *address;
  return {};
}

Result<> set_metrics_max_endpoints(Config &config, const toml::node &value)
{
  const std::optional<std::int64_t> number = value.value_exact<std::int64_t>();
  if (!number || *number < 1 || std::cmp_greater(*number, domain::Evidence::max_endpoints))
    return wrong(fmt::format("must be 1 to {}", domain::Evidence::max_endpoints));
  config.metrics_max_endpoints = static_cast<std::uint32_t>(*number);
  return {};
}

Result<> set_findings_window(Config &config, const toml::node &value)
{
  const Result<double> window_s = positive_number(value);
  if (!window_s || *window_s < 1 || *window_s > 3600)
    return wrong("must be 1 to 3600");
  config.findings_window = domain::Nanos{ std::llround(*window_s * 1e9) };
  return {};
}

Result<> set_ring_buffer_bytes(Config &config, const toml::node &value)
{
  const std::optional<std::int64_t> bytes = value.value_exact<std::int64_t>();
  if (!bytes)
    return wrong("must be a whole number");
  const Result<std::uint32_t> checked = checked_ring_buffer_bytes(*bytes);
  if (!checked)
    return tl::unexpected(checked.error());
  config.ring_buffer_bytes = *checked;
  return {};
}

Result<> set_wait_threshold(Config &config, const toml::node &value)
{
  const Result<double> threshold_ms = positive_number(value);
  if (!threshold_ms)
    return tl::unexpected(threshold_ms.error());
  if (*threshold_ms < 0.01 || *threshold_ms > 60'000)
    return wrong("must be 0.01 to 60000");
  config.wait_threshold = domain::Nanos{ std::llround(*threshold_ms * 1e6) };
  return {};
}

Result<> set_route_patterns(Config &config, const toml::node &value)
{
  Result<std::vector<std::string>> patterns = strings_in(value);
  if (!patterns)
    return tl::unexpected(patterns.error());
  if (const auto routes = domain::RouteTable::with_patterns(*patterns); !routes)
    return tl::unexpected(routes.error());
  config.route_patterns = std::move(*patterns);
  return {};
}

std::optional<std::uint16_t> port_named(std::string_view text)
{
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  // "080" would be a second name for "80", which TOML does not see.
  if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('0'))
    return std::nullopt;
  return port;
}

std::optional<domain::Cause> peer_named(std::string_view text)
{
  const std::optional<domain::Cause> cause = domain::cause_named(text);
  if (cause == domain::Cause::database || cause == domain::Cause::cache ||
      cause == domain::Cause::upstream || cause == domain::Cause::dns)
    return cause;
  return std::nullopt;
}

Result<> set_peer_ports(Config &config, const toml::node &value)
{
  const toml::table *ports = value.as_table();
  if (!ports)
    return wrong("must be a table, like { 15432 = \"database\" }");
  config.peer_ports.clear();
  for (const auto &[key, name] : *ports) {
    const std::optional<std::uint16_t> port = port_named(key.str());
    if (!port)
      return wrong(fmt::format("{} is no port number", key.str()));
    const std::optional<domain::Cause> cause = peer_named(name.value_or(std::string_view{}));
    if (!cause)
      return wrong(
          fmt::format("port {} must be \"database\", \"cache\", \"upstream\" or \"dns\"", *port));
    config.peer_ports.emplace_back(*port, *cause);
  }
  return {};
}

Result<> set_pod_logs(Config &config, const toml::node &value)
{
  const std::optional<std::string> path = value.value_exact<std::string>();
  if (!path || !path->starts_with('/'))
    return wrong("must be the path of a directory, from the root on");
  config.pod_logs = *path;
  return {};
}

Result<> set_escalate_to(Config &config, const toml::node &value)
{
  const std::optional<domain::MemoryTier> tier =
      escalation_named(value.value_or(std::string_view{}));
  if (!tier)
    return wrong("must be \"growth\", \"census\" or \"allocations\"");
  config.escalation.to = *tier;
  return {};
}

Result<> set_trace_budget(Config &config, const toml::node &value)
{
  const Result<double> percent = positive_number(value);
  if (!percent || *percent > 100)
    return wrong("must be a number greater than 0 and at most 100");
  config.escalation.allocations.budget_share = *percent / 100;
  return {};
}

Result<> set_settle(Config &config, const toml::node &value)
{
  const Result<double> seconds = positive_number(value);
  if (!seconds || *seconds < 0.1 || *seconds > 3600)
    return wrong("must be a number of at least 0.1 and at most 3600");
  config.escalation.allocations.settle.after = domain::Nanos{ std::llround(*seconds * 1e9) };
  return {};
}

Result<> set_sample_bytes(Config &config, const toml::node &value)
{
  const std::optional<std::int64_t> bytes = value.value_exact<std::int64_t>();
  if (!bytes || *bytes < 1 || *bytes > (1LL << 30))
    return wrong("must be a whole number from 1 to 1073741824");
  config.escalation.allocations.interval_bytes = static_cast<std::uint64_t>(*bytes);
  return {};
}

using Setter = decltype(ConfigKey::set);
using diagnose::Thresholds;

/// A part of a whole: above 0, at most 1.
Setter ratio(double Thresholds::*threshold)
{
  return [threshold](Config &config, const toml::node &value) -> Result<> {
    const Result<double> number = positive_number(value);
    if (!number || *number > 1)
      return wrong("must be a number greater than 0 and at most 1");
    config.thresholds.*threshold = *number;
    return {};
  };
}

Setter milliseconds(std::int64_t Thresholds::*threshold_ns)
{
  return [threshold_ns](Config &config, const toml::node &value) -> Result<> {
    const Result<double> number_ms = positive_number(value);
    if (!number_ms || *number_ms < 1e-6 || *number_ms > 3'600'000)
      return wrong("must be a number of at least 0.000001 and at most 3600000");
    config.thresholds.*threshold_ns = std::llround(*number_ms * 1e6);
    return {};
  };
}

Setter seconds(domain::Nanos EscalationConfig::*span, double most_s)
{
  return [span, most_s](Config &config, const toml::node &value) -> Result<> {
    const Result<double> number_s = positive_number(value);
    if (!number_s || *number_s < 1 || *number_s > most_s)
      return wrong(fmt::format("must be a number of at least 1 and at most {}", most_s));
    config.escalation.*span = domain::Nanos{ std::llround(*number_s * 1e9) };
    return {};
  };
}

template <typename Number>
Setter count(Number Thresholds::*threshold)
{
  return [threshold](Config &config, const toml::node &value) -> Result<> {
    const std::optional<std::int64_t> number = value.value_exact<std::int64_t>();
    if (!number || *number < 1)
      return wrong("must be a whole number of at least 1");
    config.thresholds.*threshold = static_cast<Number>(*number);
    return {};
  };
}

Result<> set_connections_limit(Config &config, const toml::node &value)
{
  const std::optional<std::int64_t> number = value.value_exact<std::int64_t>();
  if (!number || *number < 0)
    return wrong("must be a whole number, 0 for one that is not known");
  config.thresholds.connections_limit = static_cast<std::uint64_t>(*number);
  return {};
}

std::vector<ConfigKey> make_keys()
{
  std::vector<ConfigKey> keys{
    { "agent", "listen", set_listen },
    { "agent", "http", set_http },
    { "agent", "ring_buffer_bytes", set_ring_buffer_bytes },
    { "agent", "wait_threshold_ms", set_wait_threshold },
    { "metrics", "max_endpoints", set_metrics_max_endpoints },
    { "routes", "patterns", set_route_patterns },
    { "peers", "ports", set_peer_ports },
    { "kubernetes", "pod_logs", set_pod_logs },
    { "memory", "escalate_to", set_escalate_to },
    { "memory", "escalate_check_s", seconds(&EscalationConfig::check_interval, 3600) },
    { "memory", "escalate_pause_s", seconds(&EscalationConfig::pause, 604800) },
    { "memory", "census_window_s", seconds(&EscalationConfig::census_window, 3600) },
    { "memory", "allocations_window_s", seconds(&EscalationConfig::allocations_window, 3600) },
    { "memory", "allocations_sample_bytes", set_sample_bytes },
    { "memory", "allocations_settle_s", set_settle },
    { "memory", "allocations_budget_percent", set_trace_budget },
    { "findings", "window_s", set_findings_window },
    { "findings", "blocking_min_requests", count(&Thresholds::blocking_min_requests) },
    { "findings", "blocking_min_mean_ms", milliseconds(&Thresholds::blocking_min_mean_ns) },
    { "findings", "blocking_min_ratio", ratio(&Thresholds::blocking_min_ratio) },
    { "findings", "blocking_minor_ratio", ratio(&Thresholds::blocking_minor_ratio) },
    { "findings", "loop_min_requests", count(&Thresholds::loop_min_requests) },
    { "findings", "loop_min_wait_mean_ms", milliseconds(&Thresholds::loop_min_wait_mean_ns) },
    { "findings", "loop_min_wait_ratio", ratio(&Thresholds::loop_min_wait_ratio) },
    { "findings", "loop_critical_wait_ratio", ratio(&Thresholds::loop_critical_wait_ratio) },
    { "findings", "loop_min_held_mean_ms", milliseconds(&Thresholds::loop_min_held_mean_ns) },
    { "findings", "blocking_loop_min_calls", count(&Thresholds::blocking_loop_min_calls) },
    { "findings", "blocking_loop_max_call_ms",
      milliseconds(&Thresholds::blocking_loop_max_call_ns) },
    { "findings", "saturated_min_requests", count(&Thresholds::saturated_min_requests) },
    { "findings", "saturated_min_utilization_ratio",
      ratio(&Thresholds::saturated_min_utilization_ratio) },
    { "findings", "saturated_min_accept_queue_p90_ms",
      milliseconds(&Thresholds::saturated_min_accept_queue_p90_ns) },
    { "findings", "saturated_max_cpu_ratio", ratio(&Thresholds::saturated_max_cpu_ratio) },
    { "findings", "saturated_target_utilization_ratio",
      ratio(&Thresholds::saturated_target_utilization_ratio) },
    { "findings", "retained_min_bytes_per_request",
      count(&Thresholds::retained_min_bytes_per_request) },
    { "findings", "retained_min_total_bytes", count(&Thresholds::retained_min_total_bytes) },
    { "findings", "retained_large_bytes_per_request",
      count(&Thresholds::retained_large_bytes_per_request) },
    { "findings", "retained_critical_bytes_per_hour",
      count(&Thresholds::retained_critical_bytes_per_hour) },
    { "findings", "retained_critical_left_minutes",
      count(&Thresholds::retained_critical_left_minutes) },
    { "findings", "retained_max_worker_growth_bytes",
      count(&Thresholds::retained_max_worker_growth_bytes) },
    { "findings", "end_critical_workers", count(&Thresholds::end_critical_workers) },
    { "findings", "transaction_min_requests", count(&Thresholds::transaction_min_requests) },
    { "findings", "transaction_min_idle_ms", milliseconds(&Thresholds::transaction_min_idle_ns) },
    { "findings", "near_timeout_min_ratio", ratio(&Thresholds::near_timeout_min_ratio) },
    { "findings", "connections_min_ratio", ratio(&Thresholds::connections_min_ratio) },
    { "findings", "connections_limit", set_connections_limit },
    { "findings", "leak_min_requests", count(&Thresholds::leak_min_requests) },
    { "findings", "leak_min_connections", count(&Thresholds::leak_min_connections) },
    { "findings", "leak_min_ratio", ratio(&Thresholds::leak_min_ratio) },
    { "findings", "queue_min_connections", count(&Thresholds::queue_min_connections) },
    { "findings", "queue_min_p90_ms", milliseconds(&Thresholds::queue_min_p90_ns) },
    { "findings", "queue_min_ratio", ratio(&Thresholds::queue_min_ratio) },
    { "findings", "queue_min_turned_away", count(&Thresholds::queue_min_turned_away) },
    { "findings", "cpu_min_requests", count(&Thresholds::cpu_min_requests) },
    { "findings", "cpu_min_wait_mean_ms", milliseconds(&Thresholds::cpu_min_wait_mean_ns) },
    { "findings", "cpu_min_wait_ratio", ratio(&Thresholds::cpu_min_wait_ratio) },
    { "findings", "cpu_critical_wait_ratio", ratio(&Thresholds::cpu_critical_wait_ratio) },
    { "findings", "underused_min_requests", count(&Thresholds::underused_min_requests) },
    { "findings", "underused_min_computing_ratio",
      ratio(&Thresholds::underused_min_computing_ratio) },
    { "findings", "underused_min_idle_cpus", ratio(&Thresholds::underused_min_idle_cpus) },
    { "findings", "class_min_requests", count(&Thresholds::class_min_requests) },
    { "findings", "class_max_waiting_ratio", ratio(&Thresholds::class_max_waiting_ratio) },
    { "findings", "class_min_waiting_ratio", ratio(&Thresholds::class_min_waiting_ratio) },
    { "findings", "class_min_utilization_ratio", ratio(&Thresholds::class_min_utilization_ratio) },
    { "findings", "pool_min_requests", count(&Thresholds::pool_min_requests) },
    { "findings", "pool_min_wait_mean_ms", milliseconds(&Thresholds::pool_min_wait_mean_ns) },
    { "findings", "pool_min_wait_ratio", ratio(&Thresholds::pool_min_wait_ratio) },
    { "findings", "pool_critical_wait_ratio", ratio(&Thresholds::pool_critical_wait_ratio) },
    { "findings", "overhead_max_ratio", ratio(&Thresholds::overhead_max_ratio) },
    { "findings", "overhead_min_cpus", ratio(&Thresholds::overhead_min_cpus) },
    { "findings", "overhead_min_window_ms", milliseconds(&Thresholds::overhead_min_window_ns) },
    { "findings", "exception_min_requests", count(&Thresholds::exception_min_requests) },
    { "findings", "exception_critical_ratio", ratio(&Thresholds::exception_critical_ratio) },
    { "findings", "gil_min_requests", count(&Thresholds::gil_min_requests) },
    { "findings", "gil_min_wait_mean_ms", milliseconds(&Thresholds::gil_min_wait_mean_ns) },
    { "findings", "gil_min_wait_ratio", ratio(&Thresholds::gil_min_wait_ratio) },
    { "findings", "gil_critical_wait_ratio", ratio(&Thresholds::gil_critical_wait_ratio) },
    { "findings", "lock_min_requests", count(&Thresholds::lock_min_requests) },
    { "findings", "lock_min_wait_mean_ms", milliseconds(&Thresholds::lock_min_wait_mean_ns) },
    { "findings", "lock_min_wait_ratio", ratio(&Thresholds::lock_min_wait_ratio) },
    { "findings", "lock_critical_wait_ratio", ratio(&Thresholds::lock_critical_wait_ratio) },
    { "findings", "request_objects_min", count(&Thresholds::request_objects_min) },
    { "findings", "global_min_changes", count(&Thresholds::global_min_changes) },
    { "findings", "global_grows_min_items", count(&Thresholds::global_grows_min_items) },
    { "findings", "global_most_findings", count(&Thresholds::global_most_findings) },
    { "findings", "deadlock_min_wait_ms", milliseconds(&Thresholds::deadlock_min_wait_ns) },
    { "findings", "client_min_requests", count(&Thresholds::client_min_requests) },
    { "findings", "client_min_wait_mean_ms", milliseconds(&Thresholds::client_min_wait_mean_ns) },
    { "findings", "client_min_wait_ratio", ratio(&Thresholds::client_min_wait_ratio) },
    { "findings", "client_minor_ratio", ratio(&Thresholds::client_minor_ratio) },
    { "findings", "query_min_count", count(&Thresholds::query_min_count) },
    { "findings", "query_min_mean_ms", milliseconds(&Thresholds::query_min_mean_ns) },
    { "findings", "query_minor_ratio", ratio(&Thresholds::query_minor_ratio) },
  };
  std::ranges::move(access_keys(), std::back_inserter(keys));
  std::ranges::move(otlp_keys(), std::back_inserter(keys));
  std::ranges::move(history_keys(), std::back_inserter(keys));
  return keys;
}

const std::vector<ConfigKey> &all_keys()
{
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

} // namespace

Result<std::vector<std::string>> strings_in(const toml::node &value)
{
  const toml::array *array = value.as_array();
  if (!array)
    return failure(Error::Kind::usage, "must be a list of strings");
  std::vector<std::string> strings;
  for (const toml::node &element : *array) {
    const std::optional<std::string> text = element.value_exact<std::string>();
    if (!text)
      return failure(Error::Kind::usage, "must be a list of strings");
    strings.push_back(*text);
  }
  return strings;
}

std::span<const ConfigKey> config_keys()
{
  return all_keys();
}

const ConfigKey *config_key_named(std::string_view section, std::string_view name)
{
  const auto key = std::ranges::find_if(all_keys(), [&](const ConfigKey &candidate) {
    return candidate.section == section && candidate.name == name;
  });
  return key == all_keys().end() ? nullptr : &*key;
}

} // namespace linger::app
