#include "serve/render/json.h"

#include <google/protobuf/util/json_util.h>

namespace linger::serve {
namespace {

Result<std::string> to_json(const google::protobuf::Message &message, bool indented)
{
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = indented;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok())
    return failure(Error::Kind::malformed, "write " + message.GetDescriptor()->full_name() +
                                               " as JSON: " + status.ToString());
  return json;
}

} // namespace

Result<std::string> json_line(const google::protobuf::Message &message)
{
  return to_json(message, false);
}

Result<std::string> json_text(const google::protobuf::Message &message)
{
  return to_json(message, true);
}

} // namespace linger::serve
