// Whether there is an agent to ask.

#pragma once

#include "app/commands/arguments.h"
#include "serve/client.h"

namespace linger::app {

/// The agent asked for, or the one at the default address if somebody answers there; none when the
/// probes are to be run by this process. Fails when the agent asked for cannot be reached.
[[nodiscard]] Result<std::optional<serve::Client>> running_agent(const SourceArguments &source);

/// The agent at `address`, which is given three seconds to answer, or until `stop` is requested.
[[nodiscard]] Result<serve::Client> connect_to(const std::string &address,
                                               const serve::TlsFiles &tls,
                                               const std::stop_token &stop = {});

} // namespace linger::app
