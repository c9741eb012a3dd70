#include "domain/finding_presence.h"

#include <algorithm>
#include <map>
#include <set>

namespace linger::domain {

const char *name_of(Presence presence)
{
  switch (presence) {
    case Presence::appeared:
      return "appeared";
    case Presence::worse:
      return "worse";
    case Presence::unchanged:
      return "unchanged";
    case Presence::gone:
      return "gone";
  }
  return "";
}

std::vector<Presence> presences(const std::vector<IdentifiedFinding> &before,
                                const std::vector<IdentifiedFinding> &after)
{
  std::map<FindingIdentity, Severity> known;
  for (const IdentifiedFinding &finding : before) {
    Severity &most = known.try_emplace(finding.identity, finding.severity).first->second;
    most = std::max(most, finding.severity);
  }
  std::vector<Presence> result;
  for (const IdentifiedFinding &finding : after) {
    const auto earlier = known.find(finding.identity);
    if (earlier == known.end())
      result.push_back(Presence::appeared);
    else
      result.push_back(finding.severity > earlier->second ? Presence::worse : Presence::unchanged);
  }
  return result;
}

std::string service_name(std::string_view kind, std::string_view app)
{
  return std::string{ app.empty() ? kind : app };
}

bool are_alone(const std::vector<std::string> &before, const std::vector<std::string> &after)
{
  const auto distinct = [](const std::vector<std::string> &names) {
    return std::set<std::string>(names.begin(), names.end()).size();
  };
  return distinct(before) == 1 && distinct(after) == 1;
}

} // namespace linger::domain
