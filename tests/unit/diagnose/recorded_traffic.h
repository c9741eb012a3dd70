// Recordings as a comparison sees them: one server (master 100), requests whose times are skewed
// and whose neighbours resemble each other, from a seed.

#pragma once

#include "domain/comparison.h"
#include "domain/dice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace linger::diagnose::test {

using namespace std::chrono_literals;

struct Traffic {
  std::string route = "/report/{}";
  std::size_t seconds = 30;
  std::size_t requests_each_second = 10;
  double typical_ms = 20;
  /// Of what the level of one second takes on from that of the second before.
  double persistence = 0.6;
  /// How far the level strays, as a logarithm.
  double drift = 0.1;
  /// One request in so many takes `slow_times` as long; 0 for none.
  std::size_t slow_every = 0;
  double slow_times = 1;
  std::size_t error_every = 0;
  domain::Cause cause = domain::Cause::database;
  double cause_share = 0.8;
};

/// About normal: mean 0, variance 1.
inline double normal(domain::Dice &dice)
{
  double sum = -6;
  for (int i = 0; i < 12; ++i)
    sum += static_cast<double>(dice.roll(1'000'000)) / 1e6;
  return sum;
}

inline domain::Request request_of(const Traffic &traffic, double milliseconds, bool failed)
{
  domain::Request request{ .method = "GET", .path = "/", .status = failed ? 500 : 200 };
  const domain::Nanos wall{ static_cast<std::int64_t>(milliseconds * 1e6) };
  request.window = { domain::MonotonicTime{}, domain::MonotonicTime{ wall } };
  const domain::Nanos waited{ static_cast<std::int64_t>(milliseconds * traffic.cause_share * 1e6) };
  request.times[traffic.cause] = waited;
  request.times[domain::Cause::on_cpu] += wall - waited;
  return request;
}

inline void add_traffic(domain::Recorded &recorded, const Traffic &traffic, std::uint64_t seed)
{
  domain::Dice dice{ seed };
  domain::RequestSeries &series =
      recorded.series[{ .server = 100, .method = "GET", .route = traffic.route }];
  double level = traffic.drift * normal(dice);
  std::size_t count = 0;
  for (std::size_t second = 0; second < traffic.seconds; ++second) {
    const double fresh = std::sqrt(1 - traffic.persistence * traffic.persistence);
    level = traffic.persistence * level + traffic.drift * fresh * normal(dice);
    for (std::size_t i = 0; i < traffic.requests_each_second; ++i) {
      ++count;
      double milliseconds = traffic.typical_ms * std::exp(level + 0.4 * normal(dice));
      if (traffic.slow_every != 0 && count % traffic.slow_every == 0)
        milliseconds *= traffic.slow_times;
      const bool failed = traffic.error_every != 0 && count % traffic.error_every == 0;
      series.add(static_cast<std::int64_t>(second) * 1s, request_of(traffic, milliseconds, failed));
    }
  }
  domain::EndpointReport &endpoint = recorded.report.endpoints.emplace_back();
  endpoint.server = 100;
  endpoint.method = "GET";
  endpoint.route = traffic.route;
  endpoint.requests = series.requests();
  recorded.report.coverage.requests_seen += series.requests();
  const domain::MonotonicTime begin{ 5s };
  recorded.report.window = { begin,
                             std::max(recorded.report.window.end,
                                      begin + static_cast<std::int64_t>(traffic.seconds) * 1s) };
}

inline domain::Recorded recorded_of(const Traffic &traffic, std::uint64_t seed)
{
  domain::Recorded recorded;
  recorded.report.servers.push_back({ .server = { .master_tgid = 100, .app = "shop" } });
  add_traffic(recorded, traffic, seed);
  return recorded;
}

} // namespace linger::diagnose::test
