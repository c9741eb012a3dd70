#include "serve/history/history.h"

#include <chrono>

namespace linger::serve {

Result<> History::add(const history::v1::Minute &minute)
{
  Result<> added;
  {
    const std::scoped_lock lock{ mutex_ };
    added = store_.add(minute);
  }
  const std::scoped_lock lock{ counts_mutex_ };
  ++(added ? kept_ : lost_);
  return added;
}

void History::count_lost()
{
  const std::scoped_lock lock{ counts_mutex_ };
  ++lost_;
}

Result<v1::Report> History::report_since(domain::Nanos span,
                                         const std::vector<std::uint32_t> &tgids)
{
  const domain::WallTime now = std::chrono::system_clock::now();
  const std::scoped_lock lock{ mutex_ };
  return store_.report(now - span, now, tgids);
}

std::string History::notice()
{
  const std::scoped_lock lock{ mutex_ };
  return store_.notice();
}

void History::tell_metrics(MetricSink &sink) const
{
  const std::scoped_lock lock{ counts_mutex_ };
  sink.family("linger.history.looks.kept", MetricType::counter, "",
              "Minutes that were written to the history.");
  sink.sample({}, kept_);
  sink.family("linger.history.looks.lost", MetricType::counter, "",
              "Minutes that could not be written to the history.");
  sink.sample({}, lost_);
}

} // namespace linger::serve
