#include "serve/finding_changes.h"

#include <algorithm>
#include <utility>

namespace linger::serve {
namespace {

bool reads_differently(const domain::Finding &before, const domain::Finding &now)
{
  return before.severity != now.severity || before.title != now.title ||
         before.detail != now.detail || before.explained_by != now.explained_by;
}

} // namespace

std::vector<FindingChanges::Change> FindingChanges::update(const std::vector<domain::Finding> &now)
{
  std::vector<Change> changes;
  std::map<std::string, domain::Finding> held_before = std::exchange(holding_, {});

  for (const domain::Finding &seen : now) {
    const auto [held, is_first] = holding_.emplace(seen.id, seen);
    if (!is_first)
      continue;
    domain::Finding &finding = held->second;
    const auto before = held_before.find(finding.id);
    if (before == held_before.end()) {
      changes.push_back({ Kind::appeared, finding });
      continue;
    }
    finding.first_seen = std::min(finding.first_seen, before->second.first_seen);
    if (reads_differently(before->second, finding))
      changes.push_back({ Kind::updated, finding });
  }
  for (auto &[id, finding] : held_before) {
    if (!holding_.contains(id))
      changes.push_back({ Kind::resolved, std::move(finding) });
  }
  return changes;
}

} // namespace linger::serve
