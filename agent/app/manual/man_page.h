// Manual pages, in the man(7) macros.

#pragma once

#include "app/manual/configuration_document.h"
#include "app/manual/outline.h"

namespace linger::app {

struct ManPageOptions {
  int section = 1;
  std::string date;                  // "2026-11-29"
  std::vector<std::string> see_also; // "linger(1)"
};

/// The page of a program.
[[nodiscard]] std::string man_page(const CommandOutline &program, const ManPageOptions &options);

/// The page of one of its subcommands, "linger-diagnose".
[[nodiscard]] std::string man_page(const CommandOutline &program, const CommandOutline &command,
                                   const ManPageOptions &options);

/// The page of the configuration file.
[[nodiscard]] std::string configuration_page(const std::vector<DocumentSection> &document,
                                             const ManPageOptions &options);

} // namespace linger::app
