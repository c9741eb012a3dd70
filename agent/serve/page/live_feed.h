// What goes on in a running agent, for the pages that show it.

#pragma once

#include "linger/v1/report.pb.h"
#include "serve/agent_view.h"
#include "serve/page/longest_requests.h"
#include "serve/page/page_feed.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace linger::serve {

struct LiveFeedOptions {
  /// Between two looks at the workers, at least: looking takes no more than a twentieth of the
  /// time, however much there is to see.
  domain::Nanos interval = std::chrono::seconds{ 1 };
  /// Between two of them that make a whole report.
  domain::Nanos report_interval = std::chrono::seconds{ 2 };
  /// Of one interval, the requests that are sent.
  std::size_t most_requests = 200;
};

/// Looks at the agent when somebody asks and the last look is old; between pages nothing is done.
/// `agent` must outlive it.
class LiveFeed final : public PageFeed {
public:
  explicit LiveFeed(AgentView &agent, LiveFeedOptions options = {});

  [[nodiscard]] std::unique_ptr<Watching> watch() override;
  [[nodiscard]] Result<FeedPart> next(std::uint64_t sequence) override;

private:
  using Clock = std::chrono::steady_clock;
  class Watcher;

  void begin_to_watch();
  void end_to_watch();
  /// The members below, anew.
  [[nodiscard]] Result<> look();
  [[nodiscard]] Result<std::string> report_events();
  [[nodiscard]] Result<std::string> workers_event();
  [[nodiscard]] Result<std::string>
  event_of_workers(const google::protobuf::RepeatedPtrField<v1::Server> &servers);
  [[nodiscard]] Result<std::string> request_events();
  [[nodiscard]] Result<std::shared_ptr<const std::string>> everything();

  AgentView &agent_;
  const LiveFeedOptions options_;
  LongestRequests longest_;

  std::mutex watchers_mutex_;
  std::size_t watchers_ = 0;
  std::unique_ptr<AgentView::Subscription> requests_; // while there are watchers

  std::mutex mutex_; // held while somebody looks: who asks meanwhile gets the same
  std::uint64_t sequence_ = 0;
  Clock::time_point next_look_;
  Clock::time_point report_due_;
  std::uint64_t requests_sequence_ = 0;
  v1::Report report_;
  std::string workers_;
  std::shared_ptr<const std::string> news_;       // since the look before
  std::shared_ptr<const std::string> everything_; // nullptr until somebody needs it
};

} // namespace linger::serve
