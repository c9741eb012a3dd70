// What `linger doctor` prints.

#pragma once

#include "kernel/capabilities.h"
#include "kernel/host_features.h"

#include <span>
#include <string>
#include <vector>

namespace linger::app {

/// Whether everything that is required is there.
[[nodiscard]] bool can_do_the_main_job(const std::vector<kernel::HostFeature> &features);

/// For people: a line a feature, and below each missing one what that costs and how to get it.
[[nodiscard]] std::string doctor_text(const std::vector<kernel::HostFeature> &features);

/// One JSON object: ready, and features[] with name, available, required, detail, remedy.
[[nodiscard]] std::string doctor_json(const std::vector<kernel::HostFeature> &features);

/// For people: a line a capability, with the calls that want it.
[[nodiscard]] std::string capabilities_text(std::span<const kernel::Capability> capabilities);

/// One JSON object: capabilities[] with name, calls, required.
[[nodiscard]] std::string capabilities_json(std::span<const kernel::Capability> capabilities);

} // namespace linger::app
