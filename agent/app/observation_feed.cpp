#include "app/observation_feed.h"

#include <algorithm>
#include <cassert>
#include <type_traits>

namespace linger::app {
namespace {

// The upper half of a cursor is when the run began, in seconds: two runs share none.
constexpr unsigned run_shift = 32;

std::uint64_t first_cursor(domain::WallTime begin)
{
  const auto seconds = std::chrono::floor<std::chrono::seconds>(begin.time_since_epoch());
  return static_cast<std::uint64_t>(seconds.count()) << run_shift;
}

std::uint64_t run_of(std::uint64_t cursor)
{
  return cursor >> run_shift;
}

} // namespace

class ObservationFeed::RequestSubscription : public serve::AgentView::Subscription {
public:
  RequestSubscription(ObservationFeed &feed, RequestHandler handler, std::uint64_t after)
      : feed_(feed)
  {
    const std::scoped_lock lock{ feed_.mutex_ };
    if (after != 0)
      go_on_after(after, handler);
    handler_ = feed_.handlers_.insert(feed_.handlers_.end(), std::move(handler));
  }
  ~RequestSubscription() override
  {
    const std::scoped_lock lock{ feed_.mutex_ };
    feed_.handlers_.erase(handler_);
    if (feed_.handlers_.empty())
      feed_.left_ = feed_.clock_.monotonic;
  }

  [[nodiscard]] bool is_of_another_run() const override { return is_of_another_run_; }
  [[nodiscard]] std::uint64_t missed() const override { return missed_; }
  [[nodiscard]] std::uint64_t missed_until() const override { return missed_until_; }
  RequestSubscription(const RequestSubscription &) = delete;
  RequestSubscription &operator=(const RequestSubscription &) = delete;

private:
  void go_on_after(std::uint64_t after, const RequestHandler &handler)
  {
    is_of_another_run_ = run_of(after) != run_of(feed_.cursor_) || after > feed_.cursor_;
    if (is_of_another_run_)
      after = run_of(feed_.cursor_) << run_shift; // all of this one is news
    std::uint64_t held = 0;
    for (const serve::SeenRequest &seen : feed_.held_) {
      if (seen.cursor <= after)
        continue;
      handler(seen);
      ++held;
    }
    missed_ = feed_.cursor_ - after - held;
    missed_until_ = feed_.cursor_ - held;
  }

  ObservationFeed &feed_;
  std::list<RequestHandler>::iterator handler_;
  bool is_of_another_run_ = false;
  std::uint64_t missed_ = 0;
  std::uint64_t missed_until_ = 0;
};

ObservationFeed::ObservationFeed(domain::RouteTable routes, domain::ClockAnchor begin)
    : routes_(std::move(routes)), clock_(begin), since_start_(routes_),
      cursor_(first_cursor(begin.wall))
{
  since_start_.add(domain::WindowMark{ .clock = begin });
}

void ObservationFeed::add(const domain::Observation &observation)
{
  const std::scoped_lock lock{ mutex_ };
  if (const auto *seen = std::get_if<domain::ServersSeen>(&observation))
    members_.add(*seen);
  else if (const auto *event = std::get_if<domain::ProcessEvent>(&observation))
    members_.add(*event);

  since_start_.add(observation);
  for (Window *window : windows_)
    window->add(observation);
  if (const auto *request = std::get_if<domain::Request>(&observation))
    pass_on(*request);
}

void ObservationFeed::pass_on(const domain::Request &request)
{
  if (!request.ended)
    return;
  ++cursor_;
  if (!holds_requests()) {
    held_.clear();
    return;
  }
  serve::SeenRequest seen{ .request = request,
                           .route = routes_.route_of(request.path),
                           .server = members_.master_of(request.tgid).value_or(0),
                           .start_time = clock_.to_wall(request.window.begin),
                           .cursor = cursor_ };
  for (const RequestHandler &handler : handlers_)
    handler(seen);
  if (held_.size() == most_held)
    held_.pop_front();
  held_.push_back(std::move(seen));
}

bool ObservationFeed::holds_requests() const
{
  return !handlers_.empty() || (left_ && clock_.monotonic - *left_ < held_for);
}

void ObservationFeed::tell_time(domain::ClockAnchor now)
{
  const std::scoped_lock lock{ mutex_ };
  clock_ = now;
}

domain::Report ObservationFeed::report_so_far(domain::ClockAnchor now,
                                              domain::Evidence::OpenRequests open)
{
  const std::scoped_lock lock{ mutex_ };
  since_start_.add(domain::WindowMark{ .clock = now });
  return since_start_.report(open);
}

std::unique_ptr<ObservationFeed::Window>
ObservationFeed::open_window(domain::ClockAnchor begin, std::vector<std::uint32_t> masters,
                             ObservationSink sink)
{
  const std::scoped_lock lock{ mutex_ };
  std::unique_ptr<Window> window{ new Window(*this, begin, std::move(masters), std::move(sink)) };
  windows_.push_back(window.get());
  window->sink_(domain::WindowMark{ .clock = begin });
  return window;
}

std::unique_ptr<serve::AgentView::Subscription> ObservationFeed::subscribe(RequestHandler handler,
                                                                           std::uint64_t after)
{
  return std::make_unique<RequestSubscription>(*this, std::move(handler), after);
}

ObservationFeed::Window::Window(ObservationFeed &feed, domain::ClockAnchor begin,
                                std::vector<std::uint32_t> masters, ObservationSink sink)
    : feed_(feed), begin_(begin), masters_(std::move(masters)), sink_(std::move(sink))
{
}

ObservationFeed::Window::~Window()
{
  const std::scoped_lock lock{ feed_.mutex_ };
  feed_.windows_.remove(this);
}

void ObservationFeed::Window::end_at(domain::ClockAnchor end)
{
  const std::scoped_lock lock{ feed_.mutex_ };
  end_ = end;
}

void ObservationFeed::Window::close()
{
  const std::scoped_lock lock{ feed_.mutex_ };
  assert(end_);
  feed_.windows_.remove(this);
  sink_(domain::WindowMark{ .clock = *end_ });
}

bool ObservationFeed::Window::holds(domain::MonotonicTime time) const
{
  return time >= begin_.monotonic && (!end_ || time < end_->monotonic);
}

bool ObservationFeed::Window::concerns(std::uint32_t tgid) const
{
  if (masters_.empty())
    return true;
  const std::optional<std::uint32_t> master = feed_.members_.master_of(tgid);
  return master && std::ranges::find(masters_, *master) != masters_.end();
}

bool ObservationFeed::Window::wants(const domain::Observation &observation) const
{
  return std::visit(
      [this]<typename T>(const T &seen) {
        // A request belongs to the window in which it ends, however early it began.
        if constexpr (std::is_same_v<T, domain::Request> || std::is_same_v<T, domain::Wait>)
          return holds(seen.window.end) && concerns(seen.tgid);
        else if constexpr (std::is_same_v<T, domain::ProcessEvent>)
          return holds(seen.time) && (concerns(seen.tgid) || concerns(seen.parent_tgid));
        else if constexpr (std::is_same_v<T, domain::MemorySample> ||
                           std::is_same_v<T, domain::ThreadSample> ||
                           std::is_same_v<T, domain::OutgoingSample> ||
                           std::is_same_v<T, domain::HeapGrowth> ||
                           std::is_same_v<T, domain::MemoryLook> ||
                           std::is_same_v<T, domain::GlobalsLook> ||
                           std::is_same_v<T, domain::AllocationsSeen> ||
                           std::is_same_v<T, domain::CpuLimitSample>)
          return concerns(seen.tgid);
        else if constexpr (std::is_same_v<T, domain::ListenSample>)
          return concerns(seen.server);
        else if constexpr (std::is_same_v<T, domain::Escalation>)
          return concerns(seen.server);
        else
          return std::is_same_v<T, domain::CoverageSample>;
      },
      observation);
}

domain::ServersSeen ObservationFeed::Window::chosen(const domain::ServersSeen &seen) const
{
  domain::ServersSeen chosen{ .time = seen.time, .servers = {} };
  std::ranges::copy_if(seen.servers, std::back_inserter(chosen.servers),
                       [this](const domain::Server &server) {
                         return masters_.empty() ||
                                std::ranges::find(masters_, server.master_tgid) != masters_.end();
                       });
  return chosen;
}

void ObservationFeed::Window::add(const domain::Observation &observation)
{
  if (const auto *seen = std::get_if<domain::ServersSeen>(&observation))
    sink_(chosen(*seen));
  else if (wants(observation))
    sink_(observation);
}

} // namespace linger::app
