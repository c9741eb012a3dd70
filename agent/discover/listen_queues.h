// How many connections wait to be accepted by a server.

#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace linger::discover {

/// The accept queues of those of `addresses` (as domain::Server::listen has them) that are listened
/// on in the network namespace of process `tgid`, by address; several sockets of one address are
/// summed. Another namespace than the caller's own is entered and left by the calling thread, which
/// needs CAP_SYS_ADMIN in both, and nothing of it is kept. not_found once the process is gone.
[[nodiscard]] Result<std::vector<domain::ListenQueue>>
read_listen_queues(const std::filesystem::path &proc, std::uint32_t tgid,
                   const std::vector<std::string> &addresses);

} // namespace linger::discover
