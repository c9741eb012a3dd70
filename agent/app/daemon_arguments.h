// The command line of `lingerd`.

#pragma once

#include "domain/report.h"
#include "serve/tls.h"

#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace linger::app {

struct DaemonArguments {
  std::vector<std::string> listen;
  std::string http;
  std::string history_path;
  std::string config_path;
  std::optional<domain::MemoryTier> escalate_to;
  bool insecure_listen = false;
  serve::TlsFiles tls;
};

/// What understands the command line, into `arguments`, which must outlive it. The help, the manual
/// page and the shells' completions are made of it.
[[nodiscard]] std::unique_ptr<CLI::App> lingerd_parser(DaemonArguments &arguments);

} // namespace linger::app
