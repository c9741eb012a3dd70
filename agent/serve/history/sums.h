// Parts of a report, added up over time.

#pragma once

#include "linger/v1/endpoint.pb.h"
#include "linger/v1/server.pb.h"

#include <google/protobuf/message.h>

namespace linger::serve {

/// Adds every number, for messages that hold nothing but counts. What does not fit is the most that
/// does.
void add_counts(google::protobuf::Message &sum, const google::protobuf::Message &more);

/// All but the quantiles. `more` is later.
void add_endpoint(v1::Endpoint &sum, const v1::Endpoint &more);

/// `more` is the same server later, and both reports are of windows as long as they say.
/// Workers that it does not have any more stay, in no known state.
void add_server(v1::Server &sum, const v1::Server &more, double sum_ns, double more_ns);

} // namespace linger::serve
