// The loops of workers that run asyncio.

#pragma once

#include "domain/observation.h"
#include "domain/server.h"
#include "kernel/map.h"

#include "wire/python_layout.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace linger::collect {

/// Tells the kernel side where the event loops of watched processes keep what they are going to
/// run, by which it tells their tasks apart. Not thread-safe.
class EventLoops {
public:
  using LayoutMap = kernel::Map<std::uint32_t, python_layout>;

  EventLoops(std::filesystem::path proc, LayoutMap layouts)
      : proc_(std::move(proc)), layouts_(std::move(layouts))
  {
  }

  /// Looks at the workers of a server of this kind that it does not know yet.
  void watch(const domain::Server &server);

  /// To be told of every process: what a known one forks has a loop of its own.
  void note(const domain::ProcessEvent &event);

  /// Looks once more for loops that were not found. To be called once a second or so: a worker
  /// starts its loop some time after itself.
  void look();

  /// Where tasks are not told apart and why.
  [[nodiscard]] std::vector<std::string> gaps() const;

private:
  struct Process {
    std::uint32_t master_tgid = 0;
    int looks = 0;
    bool found = false;
    std::string reason;
  };

  void look_at(std::uint32_t tgid, Process &process);

  std::filesystem::path proc_;
  LayoutMap layouts_;
  std::map<std::uint32_t, Process> processes_;
};

} // namespace linger::collect
