// What a server's workers hold open to their peers.

#pragma once

#include "linger/v1/server.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// One line a peer, of all workers together, the most that was opened first. Empty when there is
/// none.
[[nodiscard]] std::string
connections_text(const google::protobuf::RepeatedPtrField<v1::Worker> &workers,
                 const TextOptions &options);

} // namespace linger::serve
