// What is found out in the same way about every kind of server.

#pragma once

#include "domain/server.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace linger::discover {

/// Fills in python_version and container, as far as its group's name tells, from the process
/// `tgid`, with a gap for a version that nothing names.
void describe_surroundings(const std::filesystem::path &proc, std::uint32_t tgid,
                           domain::Server &server);

/// The sentence that a server needs whose requests cannot be cut right yet.
[[nodiscard]] std::optional<std::string> gap_of_requests(const domain::Server &server);

} // namespace linger::discover
