// The agent's configuration: what is accepted can be used, what is refused names its line.

#include "app/config.h"
#include "domain/route.h"
#include "fuzz/property.h"

#include <bit>
#include <charconv>
#include <set>

namespace {

using namespace linger;
using namespace linger::fuzz;

constexpr std::string_view name = "linger.toml";

void check_refusal(const Error &error, std::string_view text)
{
  must(error.kind == Error::Kind::usage, "a bad configuration is wrong usage");
  std::string_view what = error.what;
  must(what.starts_with(name) && what.substr(name.size()).starts_with(':'), "it names its file");
  what.remove_prefix(name.size() + 1);
  std::size_t line = 0;
  const auto [end, failed] = std::from_chars(what.data(), what.data() + what.size(), line);
  must(failed == std::errc{} && end != what.data() + what.size() && *end == ':',
       "it names its line");
  const auto line_feeds = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  must(line >= 1 && line <= line_feeds + 1, "the line is one of the file");
}

void check_thresholds(const diagnose::Thresholds &thresholds)
{
  for (const double ratio :
       { thresholds.blocking_min_ratio, thresholds.blocking_minor_ratio,
         thresholds.saturated_min_utilization_ratio, thresholds.saturated_max_cpu_ratio,
         thresholds.saturated_target_utilization_ratio })
    must(ratio > 0 && ratio <= 1, "a ratio is a part");
  for (const std::int64_t least :
       { thresholds.blocking_min_mean_ns, thresholds.saturated_min_accept_queue_p90_ns,
         thresholds.retained_min_total_bytes })
    must(least > 0, "a threshold is greater than 0");
}

void check_config(const app::Config &config)
{
  must(!config.listen.empty(), "an agent listens somewhere");
  must(std::has_single_bit(config.ring_buffer_bytes), "a ring buffer is a power of two");
  must(config.wait_threshold > domain::Nanos::zero(), "a threshold is greater than 0");
  must(domain::RouteTable::with_patterns(config.route_patterns).has_value(), "patterns are sound");
  std::set<std::uint16_t> ports;
  for (const auto &[port, cause] : config.peer_ports)
    must(port != 0 && ports.insert(port).second, "a port stands for one thing");
  check_thresholds(config.thresholds);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const auto config = app::parse_config(text, name);
  if (config)
    check_config(*config);
  else
    check_refusal(config.error(), text);
  return 0;
}
