#include "domain/request_series.h"

#include "domain/endpoint_aggregate.h"
#include "domain/failure_table.h"

#include <algorithm>

namespace linger::domain {
namespace {

// Longer than any window; a recording that claims more must not fill the memory.
constexpr std::int64_t max_slices = 86'400;

} // namespace

void RequestSeries::add(Nanos offset, const Request &request)
{
  const auto slice = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(offset / slice_length, 0, max_slices - 1));
  if (slices.size() <= slice)
    slices.resize(slice + 1);
  slices[slice].requests += 1;
  slices[slice].errors += is_failed(request) ? 1 : 0;
  slices[slice].times += request.times;
  samples.push_back({ .slice = slice, .wall = request.window.length() });
}

void RequestSeries::merge(const RequestSeries &other)
{
  if (slices.size() < other.slices.size())
    slices.resize(other.slices.size());
  for (std::size_t i = 0; i < other.slices.size(); ++i) {
    slices[i].requests += other.slices[i].requests;
    slices[i].errors += other.slices[i].errors;
    slices[i].times += other.slices[i].times;
  }
  samples.insert(samples.end(), other.samples.begin(), other.samples.end());
}

std::uint64_t RequestSeries::errors() const
{
  std::uint64_t sum = 0;
  for (const Slice &slice : slices)
    sum += slice.errors;
  return sum;
}

RequestSink series_sink(SeriesByEndpoint &series)
{
  return [&series](const CountedRequest &counted) {
    if (is_malformed(*counted.request))
      return;
    series[{ .server = counted.server,
             .method = std::string{ counted.method },
             .route = std::string{ counted.route } }]
        .add(counted.offset, *counted.request);
  };
}

} // namespace linger::domain
