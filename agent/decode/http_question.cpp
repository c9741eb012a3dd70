#include "decode/http_question.h"

#include "decode/http_head.h"
#include "domain/route.h"

#include <string_view>

namespace linger::decode {

std::optional<std::string> http_question(const Question &question)
{
  const std::optional<RequestLine> line = decode_request_line(question.bytes);
  // Without a version behind the path it is HTTP only where the capture ends before that.
  if (!line || (line->truncated && !question.cut()))
    return std::nullopt;
  static const domain::RouteTable routes;
  std::string_view path = line->path;
  if (!line->truncated)
    return line->method + " " + routes.route_of(path);
  // What is left of a token may look like a word.
  path = path.substr(0, path.rfind('/') + 1);
  return line->method + " " + (path.empty() ? std::string("/") : routes.route_of(path)) + "…";
}

} // namespace linger::decode
