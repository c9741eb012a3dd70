// The Python lines that waits come from.

#pragma once

#include "base/result.h"
#include "collect/long_waits.h"
#include "decode/python_stack_decoder.h"
#include "domain/observation.h"
#include "kernel/map.h"
#include "python/process_layout.h"
#include "python/symbolizer.h"

#include "wire/python_layout.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::collect {

/// Tells the kernel side how the interpreters of watched processes are laid out, and names the
/// stacks that it sends, at once, while their processes live. Not thread-safe.
class PythonLines {
public:
  using LayoutMap = kernel::Map<std::uint32_t, python_layout>;

  PythonLines(std::filesystem::path proc, LayoutMap layouts)
      : proc_(std::move(proc)), layouts_(std::move(layouts))
  {
  }

  /// Looks at a server's processes that it does not know yet.
  void watch(const domain::Server &server);

  /// To be told of every process: what is forked is laid out like its parent, and an executed
  /// program is another one. What happened before a process was looked at changes nothing.
  void note(const domain::ProcessEvent &event);

  /// Names a stack for the wait that follows.
  void note(const decode::PythonStack &stack);

  /// The line of a stack that stands for itself; nullopt where it cannot be named.
  [[nodiscard]] std::optional<std::string> line_of(const decode::PythonStack &stack);

  /// Where a thread waits for a lock, read from the process now.
  [[nodiscard]] LongWaits::Place place_of_waiting(std::uint32_t tgid, std::uint64_t thread_pointer);

  /// The line that frames of this process lead to, innermost first; nothing for none.
  [[nodiscard]] std::string line_of(std::uint32_t tgid,
                                    std::span<const python::Frame> frames) const;

  /// Gives a wait its line where its stack is known, and what was waited on the line that released
  /// it: "futex (released by shop/cache.py:40 in refresh)". A wait for a lock that is one for a
  /// pool's connection is called that: "connection pool (SQLAlchemy)".
  void fill(domain::Wait &wait);

  /// What has no lines and why. Looks once more at processes that were refused before: they may
  /// have been about to start.
  [[nodiscard]] std::vector<std::string> gaps();

private:
  struct Process {
    python::ProcessLayout layout;
    python::Symbolizer symbolizer;
    std::string directory;
    std::string package; // the application's
    domain::MonotonicTime since;
  };
  struct Refused {
    std::uint32_t master_tgid = 0;
    std::string package;
    std::string reason;
    int attempts = 0;
    domain::MonotonicTime since;
  };
  struct Noted {
    domain::MonotonicTime wait_begin;
    std::string code;
    std::string released_by;
    std::string_view pool; // the library's name; empty for no pool
  };

  void look_at(std::uint32_t tgid, Refused context);
  /// The frames of a stack that can be named, innermost first.
  [[nodiscard]] static std::vector<python::Frame> named_frames(Process &process,
                                                               const decode::PythonStack &stack);
  void add(std::uint32_t tgid, const python::ProcessLayout &layout, std::string directory,
           std::string package, domain::MonotonicTime since);

  std::filesystem::path proc_;
  LayoutMap layouts_;
  std::map<std::uint32_t, Process> processes_;
  std::map<std::uint32_t, Refused> refused_;
  std::map<std::uint32_t, Noted> noted_; // by tid
  std::uint64_t unnamed_stacks_ = 0;
  bool gil_unknown_ = false;
};

} // namespace linger::collect
