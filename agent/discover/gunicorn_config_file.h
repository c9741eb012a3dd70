// What a Gunicorn configuration file says that can be read without running it.

#pragma once

#include "discover/gunicorn_settings.h"

#include <string_view>

namespace linger::discover {

/// The settings that `source` assigns literals to. One that is assigned anything else, or inside of
/// an "if" or a loop, is marked as computed. A file that takes names from elsewhere in bulk ("from
/// base import *") or is no text makes the configuration incomplete. `path` is for the sentences.
[[nodiscard]] Configuration decode_config_file(std::string_view source, std::string_view path);

} // namespace linger::discover
