#include "serve/page/recorded_feed.h"

#include "linger/v1/diagnostics.pb.h"
#include "serve/convert.h"
#include "serve/page/server_sent_event.h"

namespace linger::serve {

using namespace std::chrono_literals;

Result<std::unique_ptr<RecordedFeed>> RecordedFeed::of(const v1::Report &report,
                                                       RecordedWorkers workers)
{
  std::string all = "event: recording\ndata: {}\n\n";
  const auto append = [&all](const Result<std::string> &event) -> Result<> {
    if (!event)
      return tl::unexpected(event.error());
    all += *event;
    return {};
  };
  if (const Result<> done = append(event_of("report", report)); !done)
    return tl::unexpected(done.error());
  for (const v1::WatchWorkersResponse &moment : workers.moments(report)) {
    if (const Result<> done = append(event_of("workers", moment)); !done)
      return tl::unexpected(done.error());
  }
  for (const v1::WatchRequestsResponse &request : workers.requests(report)) {
    if (const Result<> done = append(event_of("request", request)); !done)
      return tl::unexpected(done.error());
  }
  return std::unique_ptr<RecordedFeed>{ new RecordedFeed{ std::move(all) } };
}

std::unique_ptr<PageFeed::Watching> RecordedFeed::watch()
{
  return std::make_unique<Watching>();
}

Result<FeedPart> RecordedFeed::next(std::uint64_t sequence)
{
  return FeedPart{ .events = sequence == 0 ? events_ : nullptr, .sequence = 1, .pause = 1h };
}

} // namespace linger::serve
