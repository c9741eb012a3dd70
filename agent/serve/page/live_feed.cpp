#include "serve/page/live_feed.h"

#include "linger/v1/diagnostics.pb.h"
#include "serve/convert.h"
#include "serve/page/report_changes.h"
#include "serve/page/server_sent_event.h"

#include <algorithm>
#include <utility>

namespace linger::serve {
namespace {

// Looks are so seldom that they take one part of so many of the time.
constexpr int look_share = 20;

} // namespace

class LiveFeed::Watcher final : public PageFeed::Watching {
public:
  explicit Watcher(LiveFeed &feed) : feed_(feed) { feed_.begin_to_watch(); }
  ~Watcher() override { feed_.end_to_watch(); }
  Watcher(const Watcher &) = delete;
  Watcher &operator=(const Watcher &) = delete;

private:
  LiveFeed &feed_;
};

LiveFeed::LiveFeed(AgentView &agent, LiveFeedOptions options)
    : agent_(agent), options_(options), longest_(options.most_requests)
{
}

std::unique_ptr<PageFeed::Watching> LiveFeed::watch()
{
  return std::make_unique<Watcher>(*this);
}

void LiveFeed::begin_to_watch()
{
  const std::scoped_lock lock{ watchers_mutex_ };
  if (watchers_++ == 0)
    requests_ = agent_.subscribe([this](const SeenRequest &seen) { longest_.add(seen); }, 0);
}

void LiveFeed::end_to_watch()
{
  const std::scoped_lock lock{ watchers_mutex_ };
  if (--watchers_ > 0)
    return;
  requests_.reset();
  (void)longest_.take(); // they would be old for the next one
}

Result<FeedPart> LiveFeed::next(std::uint64_t sequence)
{
  const std::scoped_lock lock{ mutex_ };
  if (sequence_ == 0 || Clock::now() >= next_look_) {
    if (const Result<> looked = look(); !looked)
      return tl::unexpected(looked.error());
  }
  const domain::Nanos pause =
      std::max<domain::Nanos>(next_look_ - Clock::now(), domain::Nanos::zero());
  FeedPart part{ .events = nullptr, .sequence = sequence_, .pause = pause };
  if (sequence == sequence_)
    return part;
  if (sequence + 1 == sequence_ && sequence != 0) {
    part.events = news_;
    return part;
  }
  const auto all = everything();
  if (!all)
    return tl::unexpected(all.error());
  part.events = *all;
  return part;
}

Result<> LiveFeed::look()
{
  const Clock::time_point begun = Clock::now();
  Result<std::string> news = begun < report_due_ ? workers_event() : report_events();
  if (!news)
    return tl::unexpected(news.error());
  const Result<std::string> requests = request_events();
  if (!requests)
    return tl::unexpected(requests.error());
  news_ = std::make_shared<const std::string>(*news + *requests);
  everything_ = nullptr;
  const Clock::time_point ended = Clock::now();
  next_look_ = begun + std::max<Clock::duration>(options_.interval, look_share * (ended - begun));
  ++sequence_;
  return {};
}

Result<std::string> LiveFeed::report_events()
{
  report_due_ = Clock::now() + options_.report_interval;
  const Result<domain::Report> seen = agent_.live_report({});
  if (!seen)
    return tl::unexpected(seen.error());
  v1::Report report = to_proto(*seen);
  Result<std::string> event = keeps_endpoints(report_, report)
                                  ? event_of("changes", changes_between(report_, report))
                                  : event_of("report", report);
  if (!event)
    return event;
  report_ = std::move(report);
  const auto workers = event_of_workers(report_.servers());
  if (!workers)
    return workers;
  return *event + *workers;
}

Result<std::string> LiveFeed::workers_event()
{
  const auto servers = agent_.servers({});
  if (!servers)
    return tl::unexpected(servers.error());
  const domain::ClockAnchor clock = agent_.clock();
  google::protobuf::RepeatedPtrField<v1::Server> messages;
  for (const domain::ServerReport &server : *servers)
    *messages.Add() = to_proto(server, clock);
  return event_of_workers(messages);
}

Result<std::string>
LiveFeed::event_of_workers(const google::protobuf::RepeatedPtrField<v1::Server> &servers)
{
  v1::WatchWorkersResponse response;
  *response.mutable_time() = to_proto(domain::WallTime{ std::chrono::system_clock::now() });
  *response.mutable_servers() = servers;
  Result<std::string> event = event_of("workers", response);
  if (event)
    workers_ = *event;
  return event;
}

Result<std::string> LiveFeed::request_events()
{
  const LongestRequests::Taken taken = longest_.take();
  std::string events;
  std::uint64_t skipped = taken.skipped;
  for (const SeenRequest &seen : taken.requests) {
    v1::WatchRequestsResponse response;
    response.set_sequence(++requests_sequence_);
    response.set_requests_skipped(std::exchange(skipped, 0));
    *response.mutable_request() = to_proto(seen);
    Result<std::string> event = event_of("request", response);
    if (!event)
      return event;
    events += *event;
  }
  return events;
}

Result<std::shared_ptr<const std::string>> LiveFeed::everything()
{
  if (!everything_) {
    const Result<std::string> report = event_of("report", report_);
    if (!report)
      return tl::unexpected(report.error());
    everything_ = std::make_shared<const std::string>(*report + workers_);
  }
  return everything_;
}

} // namespace linger::serve
