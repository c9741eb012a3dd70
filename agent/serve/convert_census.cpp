#include "serve/convert_census.h"

#include "serve/convert.h"
#include "serve/escape.h"

namespace linger::serve {
namespace {

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
  for (const domain::RetainingPath &path : retainers.paths) {
    v1::RetainingPath &added = *message.add_paths();
    added.set_text(valid_utf8(path.text));
    added.set_objects(path.objects);
  }
  return message;
}

} // namespace linger::serve
