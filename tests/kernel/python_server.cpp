#include "kernel/python_server.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace linger {

namespace fs = std::filesystem;

PythonServer::PythonServer(const std::string &interpreter, const std::string &script,
                           const Listener &listener, const std::string &argument)
    : process_([&] {
        const std::string fd = std::to_string(::dup(listener.fd()));
        ::execl(interpreter.c_str(), interpreter.c_str(), "-B", workload(script).c_str(),
                fd.c_str(), argument.empty() ? nullptr : argument.c_str(), nullptr);
        std::_Exit(127);
      })
{
}

domain::Server server_of(const PythonServer &worker)
{
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.workers.push_back({ .tgid = worker.tgid(), .start_ticks = 1, .threads = 1 });
  return server;
}

fs::path workload(const std::string &script)
{
  return fs::path(LINGER_WORKLOADS) / script;
}

int line_of(const std::string &script, const std::string &path)
{
  std::ifstream source(workload(script));
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    if (line.ends_with("# " + path))
      return number;
  }
  throw std::runtime_error("no line for " + path);
}

std::vector<std::string> other_interpreters()
{
  std::vector<std::string> found;
  std::istringstream named(std::getenv("LINGER_PYTHONS") ? std::getenv("LINGER_PYTHONS") : "");
  for (std::string path; std::getline(named, path, ':');)
    found.push_back(path);
  std::error_code error;
  const char *home = std::getenv("HOME");
  const fs::path versions = fs::path(home ? home : "/root") / ".pyenv/versions";
  for (const auto &entry : fs::directory_iterator(versions, error)) {
    const std::string version = entry.path().filename();
    if (std::regex_match(version, std::regex("3\\.([89]|1[0-4])\\.[0-9]+")))
      found.push_back(entry.path() / "bin/python3");
  }
  std::ranges::sort(found);
  return found;
}

} // namespace linger
