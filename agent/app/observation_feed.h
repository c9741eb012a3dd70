// Passes each observation on to everyone who wants it.

#pragma once

#include "app/host.h"
#include "app/server_members.h"
#include "domain/evidence.h"
#include "serve/agent_view.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace linger::app {

/// Feeds the evidence gathered since the start, the windows being observed and the subscribers to
/// requests. Thread-safe. Sinks and handlers run on the thread that calls add(), with the feed
/// locked: they must be quick and must not call back.
class ObservationFeed {
public:
  using RequestHandler = std::function<void(const serve::SeenRequest &)>;

  ObservationFeed(domain::RouteTable routes, domain::ClockAnchor begin);

  void add(const domain::Observation &observation);
  /// What the clocks show now: for the wall times of the requests that follow.
  void tell_time(domain::ClockAnchor now);

  /// Everything since the start, without findings. The window ends at `now`.
  [[nodiscard]] domain::Report
  report_so_far(domain::ClockAnchor now,
                domain::Evidence::OpenRequests open = domain::Evidence::OpenRequests::included);

  /// What happens in one window, to some servers. Ends when destroyed.
  class Window;
  /// From `begin` on, hands to `sink` what concerns the servers with these masters (empty: all):
  /// first the mark of the beginning.
  [[nodiscard]] std::unique_ptr<Window>
  open_window(domain::ClockAnchor begin, std::vector<std::uint32_t> masters, ObservationSink sink);

  /// As AgentView::subscribe() says.
  [[nodiscard]] std::unique_ptr<serve::AgentView::Subscription> subscribe(RequestHandler handler,
                                                                          std::uint64_t after);
  /// Requests that are held, and for how long when nobody subscribes any more.
  static constexpr std::size_t most_held = 4096;
  static constexpr std::chrono::minutes held_for{ 1 };

private:
  class RequestSubscription;
  void pass_on(const domain::Request &request);
  /// Whether somebody subscribes, or did so lately.
  [[nodiscard]] bool holds_requests() const;

  std::mutex mutex_;
  domain::RouteTable routes_;
  domain::ClockAnchor clock_;
  domain::Evidence since_start_;
  ServerMembers members_;
  std::list<Window *> windows_;
  std::list<RequestHandler> handlers_;
  std::uint64_t cursor_;                      // of the latest request
  std::deque<serve::SeenRequest> held_;       // the latest ones, those before them are gone
  std::optional<domain::MonotonicTime> left_; // when the last subscriber did
};

class ObservationFeed::Window {
public:
  ~Window();
  Window(const Window &) = delete;
  Window &operator=(const Window &) = delete;

  /// What happens after `end` no longer belongs to the window; what happened before may still come.
  void end_at(domain::ClockAnchor end);
  /// Nothing more will come: hands over the mark of the end. Call end_at() first.
  void close();

private:
  friend class ObservationFeed;
  Window(ObservationFeed &feed, domain::ClockAnchor begin, std::vector<std::uint32_t> masters,
         ObservationSink sink);
  void add(const domain::Observation &observation);
  [[nodiscard]] bool holds(domain::MonotonicTime time) const;
  [[nodiscard]] bool concerns(std::uint32_t tgid) const;
  [[nodiscard]] bool wants(const domain::Observation &observation) const;
  [[nodiscard]] domain::ServersSeen chosen(const domain::ServersSeen &seen) const;

  ObservationFeed &feed_;
  domain::ClockAnchor begin_;
  std::optional<domain::ClockAnchor> end_;
  std::vector<std::uint32_t> masters_;
  ObservationSink sink_;
};

} // namespace linger::app
