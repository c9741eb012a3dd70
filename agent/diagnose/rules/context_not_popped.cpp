#include "diagnose/cite.h"
#include "diagnose/request_objects.h"
#include "diagnose/rules.h"

#include <string_view>

namespace linger::diagnose {

std::vector<domain::Finding> context_not_popped(const ServerLoad &load,
                                                const Thresholds &thresholds)
{
  const auto left = left_objects(
      load, [](std::string_view type) { return type.starts_with("flask.ctx."); }, thresholds);
  if (left.empty())
    return {};
  domain::Finding finding = finding_of("context-not-popped", load.server->server.master_tgid, "");
  finding.title = "Contexts of Flask are pushed and not popped";
  tell(finding, left, load);
  finding.remedy =
      "A context keeps `g`, and what is in it, until it is popped. Look for "
      "app.app_context().push(), "
      "app.test_request_context().push() and copy_current_request_context in what runs beside the "
      "requests too (threads, schedulers, callbacks), and write `with app.app_context():` instead, "
      "which pops it whatever happens.";
  return { std::move(finding) };
}

} // namespace linger::diagnose
