// What is found out in the same way about every kind of server.

#pragma once

#include "domain/server.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace linger::discover {

/// Fills in python_version and container from the process `tgid`, with a gap for a version that
/// nothing names.
void describe_surroundings(const std::filesystem::path &proc, std::uint32_t tgid,
                           domain::Server &server);

/// The sentence that a server needs whose threads serve several requests at once.
[[nodiscard]] std::optional<std::string> gap_of_shared_threads(const domain::Server &server);

} // namespace linger::discover
