#include "serve/convert_census.h"

#include "serve/convert.h"
#include "serve/escape.h"

#include <algorithm>

namespace linger::serve {
namespace {

/// More are no help to anyone who reads them.
constexpr std::size_t most_paths = 20;

v1::HeapCopy to_proto(const domain::HeapCopyQuality &quality)
{
  v1::HeapCopy message;
  message.set_idle(quality.idle);
  message.set_attempts(quality.attempts);
  message.set_unresolved(quality.unresolved);
  message.set_error_objects(quality.error_objects);
  message.set_copied_bytes(quality.copied_bytes);
  message.set_copy_ns(to_ns(quality.copy));
  message.set_whole_ns(to_ns(quality.whole));
  for (const std::string &gap : quality.gaps)
    message.add_gaps(valid_utf8(gap));
  return message;
}

v1::RetainingPath to_proto(const domain::RetainingPath &path)
{
  v1::RetainingPath message;
  message.set_text(valid_utf8(path.text));
  message.set_objects(path.objects);
  return message;
}

} // namespace

v1::Census to_proto(const domain::Census &census)
{
  v1::Census message;
  message.set_tgid(census.tgid);
  message.set_python_version(census.python_version);
  *message.mutable_time() = to_proto(census.time);
  for (const domain::TypeCount &count : census.types) {
    v1::TypeCount &added = *message.add_types();
    added.set_type(valid_utf8(count.type));
    added.set_objects(count.objects);
    added.set_bytes(count.bytes);
  }
  message.set_objects(census.objects);
  message.set_bytes(census.bytes);
  message.set_tracked_objects(census.tracked);
  message.set_frozen_objects(census.frozen);
  *message.mutable_copy() = to_proto(census.quality);
  return message;
}

v1::Census to_proto(const domain::Census &earlier, const domain::Census &later)
{
  v1::Census message = to_proto(later);
  message.set_window_ns(to_ns(later.time - earlier.time));
  for (const domain::TypeGrowth &growth : domain::growth_between(earlier, later)) {
    v1::TypeGrowth &added = *message.add_growth();
    added.set_type(valid_utf8(growth.type));
    added.set_objects(growth.objects);
    added.set_bytes(growth.bytes);
  }
  *message.mutable_earlier_copy() = to_proto(earlier.quality);
  return message;
}

v1::Retainers to_proto(const domain::Retainers &retainers)
{
  v1::Retainers message;
  message.set_type(valid_utf8(retainers.type));
  message.set_objects(retainers.objects);
  const std::size_t told = std::min(retainers.paths.size(), most_paths);
  for (std::size_t i = 0; i < told; ++i)
    *message.add_paths() = to_proto(retainers.paths[i]);
  return message;
}

v1::HeapGrowth to_proto(const domain::HeapGrowth &growth)
{
  v1::HeapGrowth message;
  message.set_between_ns(to_ns(growth.between));
  for (const domain::GrownType &type : growth.types) {
    v1::GrownType &added = *message.add_types();
    added.set_type(valid_utf8(type.type));
    added.set_objects(type.objects);
    added.set_bytes(type.bytes);
    for (const domain::RetainingPath &holder : type.holders)
      *added.add_holders() = to_proto(holder);
  }
  for (const domain::RequestObjects &objects : growth.of_requests) {
    v1::RequestObjects &added = *message.add_of_requests();
    added.set_type(objects.type);
    added.set_objects_begin(objects.objects_begin);
    added.set_objects_end(objects.objects_end);
    for (const domain::RetainingPath &holder : objects.holders)
      *added.add_holders() = to_proto(holder);
  }
  message.set_error_objects(growth.error_objects);
  message.set_gap(valid_utf8(growth.gap));
  return message;
}

v1::ModuleVariables to_proto(const domain::GlobalsReport &globals)
{
  v1::ModuleVariables message;
  message.set_looks(globals.looks.all);
  message.set_looks_without_requests(globals.looks.without_requests);
  for (const domain::GlobalUse &use : globals.variables) {
    v1::ModuleVariable &added = *message.add_changed();
    added.set_name(valid_utf8(use.name));
    added.set_type(valid_utf8(use.type));
    added.set_looks_rebound(use.rebound.all);
    added.set_looks_rebound_without_requests(use.rebound.without_requests);
    added.set_looks_grown(use.grown.all);
    added.set_looks_grown_without_requests(use.grown.without_requests);
    added.set_items_more(use.items_more);
    added.set_items_less(use.items_less);
    added.set_items(use.items);
    added.set_rebound_by(valid_utf8(use.rebound_by.endpoint));
    added.set_grown_by(valid_utf8(use.grown_by.endpoint));
  }
  message.set_left_out(globals.left_out);
  message.set_gap(valid_utf8(globals.gap));
  return message;
}

} // namespace linger::serve
