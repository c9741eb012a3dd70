// A real interpreter that serves, watched by the real probes.

#pragma once

#include "domain/server.h"
#include "kernel/worker_process.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace linger {

/// An interpreter that runs one of tests/workloads on a listener, whose descriptor is the script's
/// first argument.
class PythonServer {
public:
  PythonServer(const std::string &interpreter, const std::string &script, const Listener &listener,
               const std::string &argument = "");

  [[nodiscard]] std::uint32_t tgid() const { return static_cast<std::uint32_t>(process_.tgid()); }

private:
  WorkerProcess process_;
};

/// As if discovery had found it; the test itself is its master.
[[nodiscard]] domain::Server server_of(const PythonServer &worker);

[[nodiscard]] std::filesystem::path workload(const std::string &script);

/// The number of the line of `script` that ends in "# PATH".
[[nodiscard]] int line_of(const std::string &script, const std::string &path);

/// Those of pyenv and those that LINGER_PYTHONS names, separated by colons.
[[nodiscard]] std::vector<std::string> other_interpreters();

} // namespace linger
