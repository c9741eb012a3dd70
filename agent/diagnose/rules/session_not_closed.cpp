#include "diagnose/request_objects.h"
#include "diagnose/rules.h"

namespace linger::diagnose {

std::vector<domain::Finding> session_not_closed(const ServerLoad &load,
                                                const Thresholds &thresholds)
{
  static const RequestObjectsRule rule{
    .id = "session-not-closed",
    .title = "Sessions of SQLAlchemy outlive their requests",
    .remedy =
        "A session that is not closed keeps every object that it has loaded, and often a "
        "connection of the pool. Write `with Session() as session:`, or, with scoped_session, "
        "call Session.remove() where each request ends (@app.teardown_appcontext), and keep no "
        "session, nor an object with a reference to one, in anything that outlives the request.",
    .is_of_interest =
        [](std::string_view type) { return type.find("sqlalchemy") != std::string_view::npos; },
  };
  return find_left_objects(load, thresholds, rule);
}

} // namespace linger::diagnose
