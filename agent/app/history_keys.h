// The keys of the configuration file about what is kept of the past.

#pragma once

#include "app/config_keys.h"

namespace linger::app {

[[nodiscard]] std::vector<ConfigKey> history_keys();

} // namespace linger::app
