#include "app/doctor_report.h"

#include "serve/escape.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace linger::app {
namespace {

std::string json_quoted(std::string_view text)
{
  std::string quoted = "\"";
  // printable() leaves no control characters, so only these two are left to escape.
  for (const char character : serve::printable(text)) {
    if (character == '"' || character == '\\')
      quoted += '\\';
    quoted += character;
  }
  return quoted + '"';
}

const char *state_of(const kernel::HostFeature &feature)
{
  if (feature.available)
    return "ok";
  return feature.required ? "missing" : "absent";
}

} // namespace

bool can_do_the_main_job(const std::vector<kernel::HostFeature> &features)
{
  return std::ranges::all_of(features, [](const kernel::HostFeature &feature) {
    return feature.available || !feature.required;
  });
}

std::string doctor_text(const std::vector<kernel::HostFeature> &features)
{
  std::size_t name_width = 0;
  for (const kernel::HostFeature &feature : features)
    name_width = std::max(name_width, feature.name.size());

  std::string text;
  for (const kernel::HostFeature &feature : features) {
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<7}  {}\n", feature.name, name_width,
                   state_of(feature), serve::printable(feature.detail));
    if (!feature.available && !feature.remedy.empty())
      fmt::format_to(std::back_inserter(text), "{:<{}}  {}\n", "", name_width,
                     serve::printable(feature.remedy));
  }
  text += can_do_the_main_job(features)
              ? "\nLinger can diagnose servers here.\n"
              : "\nLinger cannot diagnose servers here: what is missing is required.\n";
  return text;
}

std::string doctor_json(const std::vector<kernel::HostFeature> &features)
{
  std::string json = fmt::format("{{\"ready\":{},\"features\":[", can_do_the_main_job(features));
  const char *separator = "";
  for (const kernel::HostFeature &feature : features) {
    fmt::format_to(
        std::back_inserter(json),
        "{}\n  {{\"name\":{},\"available\":{},\"required\":{},\"detail\":{},\"remedy\":{}}}",
        separator, json_quoted(feature.name), feature.available, feature.required,
        json_quoted(feature.detail), json_quoted(feature.remedy));
    separator = ",";
  }
  return json + "\n]}\n";
}

std::string capabilities_text(std::span<const kernel::Capability> capabilities)
{
  std::size_t name_width = 0;
  for (const kernel::Capability &capability : capabilities)
    name_width = std::max(name_width, std::string_view{ capability.name }.size());

  std::string text;
  for (const kernel::Capability &capability : capabilities)
    fmt::format_to(std::back_inserter(text), "{:<{}}  {}\n", capability.name, name_width,
                   capability.calls);
  return text + "\nCAP_SYS_ADMIN is not needed. With it, Linger also counts what its probes cost "
                "(bpf(2)),\nlooks into accept queues of containers (setns(2)), and finds tracefs "
                "where it is not\nmounted (fsopen(2)).\n";
}

std::string capabilities_json(std::span<const kernel::Capability> capabilities)
{
  std::string json = "{\"capabilities\":[";
  const char *separator = "";
  for (const kernel::Capability &capability : capabilities) {
    fmt::format_to(std::back_inserter(json), "{}\n  {{\"name\":{},\"calls\":{},\"required\":{}}}",
                   separator, json_quoted(capability.name), json_quoted(capability.calls),
                   capability.required);
    separator = ",";
  }
  return json + "\n]}\n";
}

} // namespace linger::app
