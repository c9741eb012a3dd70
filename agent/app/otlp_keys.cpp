#include "app/otlp_keys.h"

#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace linger::app {
namespace {

auto text(std::string OtlpConfig::*field, const char *what)
{
  return [=](Config &config, const toml::node &value) -> Result<> {
    const std::optional<std::string> given = value.value_exact<std::string>();
    if (!given)
      return failure(Error::Kind::usage, fmt::format("must be {}", what));
    config.otlp.*field = *given;
    return {};
  };
}

auto span(domain::Nanos OtlpConfig::*field, double unit_ns, double least, double most)
{
  return [=](Config &config, const toml::node &value) -> Result<> {
    const std::optional<double> number =
        value.is_number() ? value.value<double>() : std::optional<double>{};
    if (!number || !(*number >= least && *number <= most))
      return failure(Error::Kind::usage, fmt::format("must be {} to {}", least, most));
    config.otlp.*field = domain::Nanos{ std::llround(*number * unit_ns) };
    return {};
  };
}

Result<> set_insecure(Config &config, const toml::node &value)
{
  const std::optional<bool> allowed = value.value_exact<bool>();
  if (!allowed)
    return failure(Error::Kind::usage, "must be true or false");
  config.otlp.insecure = *allowed;
  return {};
}

Result<> set_send(Config &config, const toml::node &value)
{
  const Result<std::vector<std::string>> names = strings_in(value);
  if (!names)
    return tl::unexpected(names.error());
  config.otlp.metrics = false;
  config.otlp.traces = false;
  for (const std::string &name : *names) {
    if (name != "metrics" && name != "traces")
      return failure(Error::Kind::usage, "may hold \"metrics\" and \"traces\" only");
    (name == "metrics" ? config.otlp.metrics : config.otlp.traces) = true;
  }
  return {};
}

} // namespace

std::vector<ConfigKey> otlp_keys()
{
  return {
    { "otlp", "endpoint", text(&OtlpConfig::endpoint, "\"HOST:PORT\"") },
    { "otlp", "insecure", set_insecure },
    { "otlp", "tls_ca", text(&OtlpConfig::tls_ca, "a file's path") },
    { "otlp", "send", set_send },
    { "otlp", "interval_s", span(&OtlpConfig::interval, 1e9, 1, 3600) },
    { "otlp", "slow_request_ms", span(&OtlpConfig::slow_request, 1e6, 0, 3'600'000) },
  };
}

} // namespace linger::app
