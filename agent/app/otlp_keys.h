// The keys of the configuration file about what is sent to a collector.

#pragma once

#include "app/config_keys.h"

namespace linger::app {

[[nodiscard]] std::vector<ConfigKey> otlp_keys();

} // namespace linger::app
