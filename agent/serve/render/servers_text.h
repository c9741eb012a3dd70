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

/// "gunicorn 4711: shop.app:app on 127.0.0.1:8000"
[[nodiscard]] std::string headline_of(const v1::Server &server);
/// "sync, 2 workers, timeout 30 s, Python 3.11"
[[nodiscard]] std::string configuration_of(const v1::Server &server);
/// "blocked"
[[nodiscard]] std::string state_text(v1::WorkerState state);
/// "on 127.0.0.1:5432, in GET /report/{} for 81.3 ms"; its end, where it ended.
[[nodiscard]] std::string doing_text(const v1::Worker &worker);

/// The table alone.
[[nodiscard]] std::string
workers_text(const google::protobuf::RepeatedPtrField<v1::Worker> &workers,
             const TextOptions &options);

} // namespace linger::serve
