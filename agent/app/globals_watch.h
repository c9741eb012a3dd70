// The variables of some workers' modules, looked at again and again while a window is observed.

#pragma once

#include "base/result.h"
#include "domain/globals.h"
#include "domain/server.h"
#include "domain/time.h"
#include "python/module_globals.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace linger::app {

/// Looks at one worker's variables, as ModuleGlobals::look().
using LookAtGlobals = std::function<Result<python::ModuleGlobals::Seen>()>;
/// Prepares that for one worker whose application is of `package`.
using OpenGlobals =
    std::function<Result<LookAtGlobals>(std::uint32_t tgid, const std::string &package)>;

/// Real looks, from outside, while the worker runs on.
[[nodiscard]] OpenGlobals real_globals();

/// Watches the canaries of `servers`. A worker that cannot be looked at is told of once, with the
/// reason, and left alone. Not thread-safe.
class GlobalsWatch {
public:
  /// From one round to the next, so that many lie between two requests.
  static constexpr std::chrono::milliseconds interval{ 100 };

  GlobalsWatch(const std::vector<domain::Server> &servers, const OpenGlobals &open);

  /// To be told before the first look(), which only remembers: requests count from now on. One
  /// without changes for each worker that can be looked at.
  [[nodiscard]] std::vector<domain::GlobalsLook> announce(domain::MonotonicTime now) const;

  /// One for each worker that can be looked at, and one with a gap for each that no longer can.
  /// Takes about a millisecond a worker. `now` is asked before and after.
  [[nodiscard]] std::vector<domain::GlobalsLook>
  look(const std::function<domain::MonotonicTime()> &now);

private:
  struct Worker {
    std::uint32_t tgid = 0;
    LookAtGlobals look;
    std::string gap; // to be told
    domain::MonotonicTime latest{};
    bool looked = false;
  };
  std::vector<Worker> workers_;
};

} // namespace linger::app
