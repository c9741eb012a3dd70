#include "app/history_keys.h"

#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace linger::app {
namespace {

constexpr std::int64_t least_bytes = 1 << 20;
constexpr std::int64_t most_bytes = 16LL << 30;

Result<> set_path(Config &config, const toml::node &value)
{
  const std::optional<std::string> path = value.value_exact<std::string>();
  if (!path || !is_history_path(*path))
    return failure(Error::Kind::usage, "must be the path of a file, from the root on, or \"off\"");
  config.history.path = *path;
  return {};
}

Result<> set_max_bytes(Config &config, const toml::node &value)
{
  const std::optional<std::int64_t> bytes = value.value_exact<std::int64_t>();
  if (!bytes || *bytes < least_bytes || *bytes > most_bytes)
    return failure(Error::Kind::usage,
                   fmt::format("must be a whole number from {} to {}", least_bytes, most_bytes));
  config.history.max_bytes = static_cast<std::uint64_t>(*bytes);
  return {};
}

auto span(domain::Nanos HistoryConfig::*field, double unit_ns, double least, double most)
{
  return [=](Config &config, const toml::node &value) -> Result<> {
    const std::optional<double> number =
        value.is_number() ? value.value<double>() : std::optional<double>{};
    if (!number || !(*number >= least && *number <= most))
      return failure(Error::Kind::usage, fmt::format("must be {} to {}", least, most));
    config.history.*field = domain::Nanos{ std::llround(*number * unit_ns) };
    return {};
  };
}

} // namespace

bool is_history_path(std::string_view text)
{
  return text == HistoryConfig::off || (text.starts_with('/') && !text.ends_with('/'));
}

std::vector<ConfigKey> history_keys()
{
  return {
    { "history", "path", set_path },
    { "history", "max_bytes", set_max_bytes },
    { "history", "retention_hours", span(&HistoryConfig::retention, 3600e9, 1, 744) },
    { "history", "interval_s", span(&HistoryConfig::interval, 1e9, 1, 3600) },
  };
}

} // namespace linger::app
