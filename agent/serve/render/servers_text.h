// Servers and their workers.

#pragma once

#include "linger/v1/server.pb.h"
#include "serve/render/style.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <string>

namespace linger::serve {

/// Each server with what it was told, and its workers as a table. Says so when there are none.
[[nodiscard]] std::string
servers_text(const google::protobuf::RepeatedPtrField<v1::Server> &servers,
             const TextOptions &options);

/// The table alone.
[[nodiscard]] std::string
workers_text(const google::protobuf::RepeatedPtrField<v1::Worker> &workers,
             const TextOptions &options);

} // namespace linger::serve
