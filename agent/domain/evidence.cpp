#include "domain/evidence.h"

#include "domain/evidence_state.h"

#include <utility>
#include <variant>

namespace linger::domain {

struct Evidence::State {
  EvidenceState sums;
};

Evidence::Evidence(RouteTable routes, bool profiled)
    : state_(std::make_unique<State>(State{ { std::move(routes), max_endpoints, profiled } }))
{
}

Evidence::~Evidence() = default;
Evidence::Evidence(Evidence &&) noexcept = default;
Evidence &Evidence::operator=(Evidence &&) noexcept = default;

void Evidence::add(const Observation &observation)
{
  std::visit([this](const auto &seen) { state_->sums.add(seen); }, observation);
}

void Evidence::tell_requests(RequestSink sink)
{
  state_->sums.tell_requests(std::move(sink));
}

void Evidence::finish()
{
  state_->sums.settle();
}

Report Evidence::report(OpenRequests open) const
{
  return state_->sums.report(open == OpenRequests::included);
}

Profile Evidence::profile(ProfileKind kind) const
{
  return state_->sums.profile(kind);
}

bool Evidence::traced_allocations() const
{
  return state_->sums.traced_allocations();
}

} // namespace linger::domain
