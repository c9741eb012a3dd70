#include "diagnose/cite.h"

#include "diagnose/human.h"

#include <fmt/format.h>
#include <utility>

namespace linger::diagnose {

domain::Finding finding_of(const std::string &rule, std::uint32_t server,
                           const std::string &endpoint)
{
  domain::Finding finding;
  finding.id = fmt::format("{}:{}:{}", rule, server, endpoint);
  finding.rule = rule;
  finding.server = server;
  if (!endpoint.empty())
    finding.endpoints.push_back(endpoint);
  return finding;
}

void cite_time(domain::Finding &finding, std::string name, domain::Nanos time)
{
  finding.evidence.push_back(
      { std::move(name), static_cast<double>(time.count()), "ns", human_time(time) });
}

void cite_bytes(domain::Finding &finding, std::string name, double bytes)
{
  finding.evidence.push_back({ std::move(name), bytes, "bytes", human_bytes(bytes) });
}

void cite_share(domain::Finding &finding, std::string name, double ratio)
{
  finding.evidence.push_back({ std::move(name), ratio, "ratio", human_share(ratio) });
}

void cite_count(domain::Finding &finding, std::string name, double count, std::string unit)
{
  std::string text = fmt::format("{:.3g} {}", count, unit);
  if (count >= 1000)
    text = fmt::format("{:.0f} {}", count, unit);
  finding.evidence.push_back({ std::move(name), count, std::move(unit), std::move(text) });
}

} // namespace linger::diagnose
