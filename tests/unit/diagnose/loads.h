// Recorded loads as a server with threads that serve first come, first served, would have left
// them.

#pragma once

#include "domain/load_sample.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace linger::diagnose::test {

using namespace std::chrono_literals;
using domain::LoadRequest;
using domain::MonotonicTime;
using domain::Nanos;

/// Serves requests in the order of their arrivals; `next` is asked for the arrival of request i and
/// given the ends of those before.
template <typename Arrival>
std::vector<LoadRequest> served(std::uint32_t threads, Nanos service, std::size_t requests,
                                const Arrival &arrival)
{
  std::vector<MonotonicTime> free(threads, MonotonicTime{ 1s });
  std::vector<LoadRequest> load;
  for (std::size_t i = 0; i < requests; ++i) {
    const auto thread = std::ranges::min_element(free);
    LoadRequest &one = load.emplace_back();
    one.tgid = one.tid = 101 + static_cast<std::uint32_t>(thread - free.begin());
    one.arrival = arrival(i, load);
    one.queued = std::max(Nanos::zero(), *thread - one.arrival);
    one.end = one.begin() + service;
    one.on_cpu = 2ms;
    one.waited = service - 2ms;
    *thread = one.end;
  }
  return load;
}

/// Each of `clients` sends its next request when it has its response.
inline std::vector<LoadRequest> closed_load(std::uint32_t clients, std::uint32_t threads,
                                            Nanos service, std::size_t requests)
{
  return served(threads, service, requests, [&](std::size_t i, const auto &load) {
    return i < clients ? MonotonicTime{ 1s } : load[i - clients].end;
  });
}

/// Without memory, `gap` apart on average.
inline std::vector<LoadRequest> open_load(std::uint32_t threads, Nanos service, Nanos gap,
                                          std::size_t requests)
{
  std::mt19937_64 dice{ 11 };
  std::exponential_distribution<> next{ 1.0 / static_cast<double>(gap.count()) };
  MonotonicTime now{ 1s };
  return served(threads, service, requests, [&](std::size_t, const auto &) {
    return now += Nanos{ static_cast<Nanos::rep>(next(dice)) };
  });
}

} // namespace linger::diagnose::test
