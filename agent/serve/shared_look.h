// What many watch, looked at once for all of them.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace linger::serve {

/// Keeps the latest look. One who asks while another one looks waits, and gets what that one saw:
/// so fifty who watch cost the agent no more than one. Thread-safe.
template <typename T>
class SharedLook {
public:
  explicit SharedLook(std::function<Result<T>()> look) : look_(std::move(look)) {}

  /// The latest, or a new one where that is older than `max_age` or failed.
  [[nodiscard]] Result<std::shared_ptr<const T>> get(domain::Nanos max_age)
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (latest_ && now - looked_ < max_age)
      return latest_;
    Result<T> seen = look_();
    if (!seen) {
      latest_.reset();
      return tl::unexpected(seen.error());
    }
    looked_ = now;
    latest_ = std::make_shared<const T>(std::move(*seen));
    return latest_;
  }

private:
  std::function<Result<T>()> look_;
  std::mutex mutex_;
  std::shared_ptr<const T> latest_;
  std::chrono::steady_clock::time_point looked_;
};

} // namespace linger::serve
