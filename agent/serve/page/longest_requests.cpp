#include "serve/page/longest_requests.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace linger::serve {
namespace {

domain::Nanos wall_of(const SeenRequest &seen)
{
  return seen.request.times.wall();
}

} // namespace

void LongestRequests::add(const SeenRequest &request)
{
  const std::scoped_lock lock{ mutex_ };
  std::vector<SeenRequest> &heap = held_.requests;
  if (heap.size() == capacity_) {
    ++held_.skipped;
    if (wall_of(request) <= wall_of(heap.front()))
      return;
    std::ranges::pop_heap(heap, std::ranges::greater{}, wall_of);
    heap.back() = request;
  } else {
    heap.push_back(request);
  }
  std::ranges::push_heap(heap, std::ranges::greater{}, wall_of);
}

LongestRequests::Taken LongestRequests::take()
{
  Taken taken;
  {
    const std::scoped_lock lock{ mutex_ };
    taken = std::exchange(held_, {});
  }
  std::ranges::stable_sort(taken.requests, {}, &SeenRequest::start_time);
  return taken;
}

} // namespace linger::serve
