#include "serve/otlp/attributes.h"

#include "serve/escape.h"

#include <fmt/format.h>

namespace linger::serve {
namespace {

opentelemetry::proto::common::v1::AnyValue &added(OtlpAttributes &attributes, std::string_view key)
{
  auto &attribute = *attributes.Add();
  attribute.set_key(std::string{ key });
  return *attribute.mutable_value();
}

} // namespace

void set_attribute(OtlpAttributes &attributes, std::string_view key, std::string_view text)
{
  if (!text.empty())
    added(attributes, key).set_string_value(valid_utf8(text));
}

void set_attribute(OtlpAttributes &attributes, std::string_view key, std::int64_t number)
{
  added(attributes, key).set_int_value(number);
}

void set_attribute(OtlpAttributes &attributes, std::string_view key, double number)
{
  added(attributes, key).set_double_value(number);
}

opentelemetry::proto::resource::v1::Resource resource_of(const domain::Server &server,
                                                         const OtlpSender &sender)
{
  opentelemetry::proto::resource::v1::Resource resource;
  OtlpAttributes &attributes = *resource.mutable_attributes();
  set_attribute(attributes, "service.name",
                server.app.empty() ? std::string_view{ name_of(server.kind) } : server.app);
  // Two servers may serve the same application.
  set_attribute(attributes, "service.instance.id",
                fmt::format("{}:{}", sender.host_name, server.master_tgid));
  set_attribute(attributes, "host.name", sender.host_name);
  set_attribute(attributes, "webengine.name", name_of(server.kind));
  set_attribute(attributes, "process.runtime.name", "cpython");
  set_attribute(attributes, "process.runtime.version", server.python_version);
  set_attribute(attributes, "container.id", server.container.id);
  set_attribute(attributes, "k8s.namespace.name", server.container.pod_namespace);
  set_attribute(attributes, "k8s.pod.name", server.container.pod);
  set_attribute(attributes, "k8s.pod.uid", server.container.pod_uid);
  set_attribute(attributes, "k8s.container.name", server.container.name);
  set_attribute(attributes, "linger.worker_class", server.worker_class);
  set_attribute(attributes, "linger.workload", server.container.workload);
  return resource;
}

opentelemetry::proto::resource::v1::Resource agent_resource(const OtlpSender &sender)
{
  opentelemetry::proto::resource::v1::Resource resource;
  OtlpAttributes &attributes = *resource.mutable_attributes();
  set_attribute(attributes, "service.name", "lingerd");
  set_attribute(attributes, "service.version", sender.version);
  set_attribute(attributes, "service.instance.id", sender.host_name);
  set_attribute(attributes, "host.name", sender.host_name);
  return resource;
}

opentelemetry::proto::common::v1::InstrumentationScope scope_of(const OtlpSender &sender)
{
  opentelemetry::proto::common::v1::InstrumentationScope scope;
  scope.set_name("linger");
  scope.set_version(sender.version);
  return scope;
}

} // namespace linger::serve
