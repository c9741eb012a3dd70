#include "serve/page/census_route.h"

#include "linger/v1/diagnostics.pb.h"
#include "serve/convert_census.h"
#include "serve/render/json.h"

#include <google/protobuf/util/json_util.h>

namespace linger::serve {
namespace {

constexpr int most_types = 20;

void refuse(httplib::Response &response, int status, const std::string &sentence)
{
  response.status = status;
  response.set_content(sentence + "\n", "text/plain");
}

int http_status_of(Error::Kind kind)
{
  switch (kind) {
    case Error::Kind::usage:
    case Error::Kind::malformed:
      return 400;
    case Error::Kind::not_found:
      return 404;
    case Error::Kind::exhausted:
      return 503;
    default:
      return 500;
  }
}

} // namespace

bool is_from_another_site(const httplib::Request &request)
{
  const std::string site = request.get_header_value("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return true;
  const std::string origin = request.get_header_value("Origin");
  return !origin.empty() && origin != "http://" + request.get_header_value("Host");
}

void answer_census(AgentView &agent, const httplib::Request &request, httplib::Response &response)
{
  if (!request.has_header("X-Linger") ||
      request.get_header_value("Content-Type") != "application/json")
    return refuse(response, 403,
                  "This needs the headers X-Linger and Content-Type: "
                  "application/json.");
  v1::TakeCensusRequest asked;
  if (!google::protobuf::util::JsonStringToMessage(request.body, &asked).ok())
    return refuse(response, 400, "The body is no linger.v1.TakeCensusRequest as JSON.");
  if (asked.worker() == 0 || asked.has_window() || asked.types_size() > most_types)
    return refuse(response, 400, "Name one worker, at most 20 types and no window.");

  const Result<domain::HeapLook> look =
      agent.look_at_heap(asked.worker(), { asked.types().begin(), asked.types().end() });
  if (!look)
    return refuse(response, http_status_of(look.error().kind), look.error().what);
  v1::TakeCensusResponse answer;
  *answer.mutable_census() = to_proto(look->census);
  for (const domain::Retainers &retainers : look->retainers)
    *answer.mutable_census()->add_retainers() = to_proto(retainers);
  const Result<std::string> json = terse_json_line(answer);
  if (!json)
    return refuse(response, 500, json.error().what);
  response.set_content(*json, "application/json");
}

} // namespace linger::serve
