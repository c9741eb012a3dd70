// POST /api/v1/census: the heap of one worker, for the page.

#pragma once

#include "serve/agent_view.h"
#include "serve/http_library.h"

namespace linger::serve {

/// Whether a browser sent it on behalf of another site's page. A program that is no browser sends
/// none of the headers that tell.
[[nodiscard]] bool is_from_another_site(const httplib::Request &request);

/// The body is a TakeCensusRequest as JSON, without a window; the answer a TakeCensusResponse.
/// Refused unless the request has the header X-Linger, which no page of another site can send
/// without asking first, and JSON for a body.
void answer_census(AgentView &agent, const httplib::Request &request, httplib::Response &response);

} // namespace linger::serve
