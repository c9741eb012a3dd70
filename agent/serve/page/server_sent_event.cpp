#include "serve/page/server_sent_event.h"

#include "serve/render/json.h"

#include <fmt/format.h>

namespace linger::serve {

Result<std::string> event_of(std::string_view name, const google::protobuf::Message &message)
{
  const Result<std::string> json = terse_json_line(message);
  if (!json)
    return tl::unexpected(json.error());
  return fmt::format("event: {}\ndata: {}\n\n", name, *json);
}

} // namespace linger::serve
