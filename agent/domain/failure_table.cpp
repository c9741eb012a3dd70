#include "domain/failure_table.h"

#include <algorithm>

namespace linger::domain {

bool is_failed(const Request &request)
{
  return request.status >= 500 || request.status == 0;
}

void FailureTable::add(const Request &request)
{
  Key key{ request.status, request.exception_type, request.exception_code };
  if (requests_.size() >= limit && !requests_.contains(key))
    key = { request.status, "", "" };
  ++requests_[key];
}

std::vector<FailureReport> FailureTable::report() const
{
  std::vector<FailureReport> failures;
  for (const auto &[key, requests] : requests_) {
    const auto &[status, type, code] = key;
    failures.push_back(
        { .status = status, .exception_type = type, .exception_code = code, .requests = requests });
  }
  std::ranges::stable_sort(failures, std::ranges::greater{}, &FailureReport::requests);
  return failures;
}

} // namespace linger::domain
