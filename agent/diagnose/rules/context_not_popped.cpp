#include "diagnose/request_objects.h"
#include "diagnose/rules.h"

namespace linger::diagnose {

std::vector<domain::Finding> context_not_popped(const ServerLoad &load,
                                                const Thresholds &thresholds)
{
  static const RequestObjectsRule rule{
    .id = "context-not-popped",
    .title = "Contexts of Flask are pushed and not popped",
    .remedy = "A context keeps `g`, and what is in it, until it is popped. Look for "
              "app.app_context().push(), app.test_request_context().push() and "
              "copy_current_request_context in what runs beside the requests too (threads, "
              "schedulers, callbacks), and write `with app.app_context():` instead, which pops it "
              "whatever happens.",
    .is_of_interest = [](std::string_view type) { return type.starts_with("flask.ctx."); },
  };
  return find_left_objects(load, thresholds, rule);
}

} // namespace linger::diagnose
