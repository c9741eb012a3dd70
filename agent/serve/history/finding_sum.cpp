#include "serve/history/finding_sum.h"

#include <algorithm>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

namespace linger::serve {
namespace {

using google::protobuf::util::TimeUtil;

std::string clock_text(const google::protobuf::Timestamp &time)
{
  google::protobuf::Timestamp whole = time;
  whole.set_nanos(0);
  return TimeUtil::ToString(whole);
}

} // namespace

void FindingSum::add(const v1::Report &report)
{
  ++minutes_;
  for (const v1::Finding &finding : report.findings()) {
    Held &held = held_[finding.id()];
    const google::protobuf::Timestamp first_seen =
        held.minutes == 0 ? finding.first_seen() : held.worst.first_seen();
    ++held.minutes;
    if (finding.severity() >= held.worst.severity())
      held.worst = finding;
    *held.worst.mutable_first_seen() = first_seen;
    *held.worst.mutable_last_seen() = finding.last_seen();
  }
}

std::vector<v1::Finding> FindingSum::findings() const
{
  std::vector<const Held *> order;
  for (const auto &[id, held] : held_)
    order.push_back(&held);
  std::ranges::sort(order, [](const Held *left, const Held *right) {
    return std::make_pair(left->worst.severity(), left->minutes) >
           std::make_pair(right->worst.severity(), right->minutes);
  });
  std::vector<v1::Finding> findings;
  for (const Held *held : order) {
    v1::Finding &finding = findings.emplace_back(held->worst);
    finding.set_detail(fmt::format(
        "{} It held in {} of {} looks, between {} and {}; the figures are those of the latest look "
        "in which it was this severe.",
        finding.detail(), held->minutes, minutes_, clock_text(finding.first_seen()),
        clock_text(finding.last_seen())));
    finding.clear_explained_by();
    for (const std::string &cause : held->worst.explained_by()) {
      if (held_.contains(cause))
        finding.add_explained_by(cause);
    }
  }
  // What follows from another one stands behind it, if both are as severe.
  std::ranges::stable_sort(findings, [](const v1::Finding &left, const v1::Finding &right) {
    return std::make_pair(-left.severity(), left.explained_by_size() != 0) <
           std::make_pair(-right.severity(), right.explained_by_size() != 0);
  });
  return findings;
}

} // namespace linger::serve
