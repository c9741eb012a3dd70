#include "diagnose/cite.h"
#include "diagnose/request_objects.h"
#include "diagnose/rules.h"

#include <string_view>

namespace linger::diagnose {

std::vector<domain::Finding> session_not_closed(const ServerLoad &load,
                                                const Thresholds &thresholds)
{
  const auto left = left_objects(
      load, [](std::string_view type) { return type.find("sqlalchemy") != std::string_view::npos; },
      thresholds);
  if (left.empty())
    return {};
  domain::Finding finding = finding_of("session-not-closed", load.server->server.master_tgid, "");
  finding.title = "Sessions of SQLAlchemy outlive their requests";
  tell(finding, left, load);
  finding.remedy =
      "A session that is not closed keeps every object that it has loaded, and often a connection "
      "of the pool. Write `with Session() as session:`, or, with scoped_session, call "
      "Session.remove() where each request ends (@app.teardown_appcontext), and keep no session, "
      "nor "
      "an object with a reference to one, in anything that outlives the request.";
  return { std::move(finding) };
}

} // namespace linger::diagnose
