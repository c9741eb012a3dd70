// What Gunicorn's command line and GUNICORN_CMD_ARGS say.

#pragma once

#include "discover/gunicorn_settings.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// A command line's settings, "config" and "chdir" among them, and the application it names (""
/// when none). Reads as Python's argparse does: "-w 4", "-w4", "-w=4", "--workers 4",
/// "--workers=4", "--work" for an option that nothing else begins like, flags in one word, "--".
/// Options that nobody here asks for are passed over with their values.
struct GunicornArguments {
  Settings settings;
  std::string app;
};
[[nodiscard]] GunicornArguments decode_arguments(std::span<const std::string> arguments,
                                                 std::string_view source);

} // namespace linger::discover
