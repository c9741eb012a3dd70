#include "serve/render/json.h"

#include "serve/escape.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

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

Result<std::string> json_line(const std::string &node, const google::protobuf::Message &message)
{
  google::protobuf::StringValue name; // in JSON no more than its value
  name.set_value(valid_utf8(node));
  const Result<std::string> quoted = json_line(name);
  if (!quoted)
    return quoted;
  Result<std::string> json = json_line(message);
  if (json) {
    const std::string rest = json->substr(1);
    *json = "{\"node\":" + *quoted + (rest == "}" ? "" : ",") + rest;
  }
  return json;
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
