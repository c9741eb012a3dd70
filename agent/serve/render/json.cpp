#include "serve/render/json.h"

#include <google/protobuf/util/json_util.h>

namespace linger::serve {
namespace {

using Options = google::protobuf::util::JsonPrintOptions;

Options with_zeros(bool indented)
{
  Options options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = indented;
  return options;
}

Result<std::string> to_json(const google::protobuf::Message &message, const Options &options)
{
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
  return to_json(message, with_zeros(false));
}

Result<std::string> terse_json_line(const google::protobuf::Message &message)
{
  return to_json(message, Options{});
}

Result<std::string> json_text(const google::protobuf::Message &message)
{
  return to_json(message, with_zeros(true));
}

} // namespace linger::serve
