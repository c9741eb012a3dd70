// The keys of the configuration file about who may do what, and encryption.

#pragma once

#include "app/config_keys.h"

namespace linger::app {

[[nodiscard]] std::vector<ConfigKey> access_keys();

} // namespace linger::app
