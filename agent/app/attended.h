// Waits for a long call and stays attentive.

#pragma once

#include "domain/time.h"

#include <chrono>
#include <functional>
#include <future>
#include <stop_token>

namespace linger::app {

/// Makes `call(stop_token)` on another thread and returns what it returns. Until then asks
/// `keep_on` several times a second, with the time that has passed; once it says no, requests the
/// stop.
template <typename Call>
[[nodiscard]] auto attended(const Call &call,
                            const std::function<bool(domain::Nanos passed)> &keep_on)
{
  constexpr std::chrono::milliseconds attention_interval{ 50 };
  std::stop_source stop;
  const auto begin = std::chrono::steady_clock::now();
  auto result = std::async(std::launch::async, [&] { return call(stop.get_token()); });
  while (result.wait_for(attention_interval) != std::future_status::ready) {
    if (!keep_on(std::chrono::steady_clock::now() - begin))
      stop.request_stop();
  }
  return result.get();
}

} // namespace linger::app
