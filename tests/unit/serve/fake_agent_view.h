// An agent without probes: reports what the test tells it to.

#pragma once

#include "serve/agent_view.h"

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace linger::serve {

/// Knows one server, master 100 with the workers 101 and 102. Thread-safe.
class FakeAgentView : public AgentView {
public:
  FakeAgentView()
  {
    report_.clock = clock();
    report_.window = { domain::MonotonicTime{ std::chrono::seconds(1000) },
                       domain::MonotonicTime{ std::chrono::seconds(1030) } };
    report_.coverage.requests_seen = 7;
  }

  void set_findings(std::vector<domain::Finding> findings)
  {
    const std::lock_guard lock(mutex_);
    report_.findings = std::move(findings);
  }

  void fail_with(Error error)
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }

  void emit(const SeenRequest &seen)
  {
    const std::lock_guard lock(mutex_);
    for (const auto &handler : handlers_)
      handler(seen);
  }

  [[nodiscard]] std::size_t subscribers() const
  {
    const std::lock_guard lock(mutex_);
    return handlers_.size();
  }

  [[nodiscard]] int observing() const { return observing_; }
  /// Windows that have ended.
  [[nodiscard]] int observed() const { return observed_; }

  /// How often a report was made.
  [[nodiscard]] int reports() const { return reports_; }

  Result<domain::Report> report_so_far(const std::vector<std::uint32_t> &tgids) override
  {
    ++reports_;
    const std::lock_guard lock(mutex_);
    if (const auto known = check(tgids); !known)
      return tl::unexpected(known.error());
    return report_;
  }

  Result<domain::Report> live_report(const std::vector<std::uint32_t> &tgids) override
  {
    return report_so_far(tgids);
  }

  Result<domain::Report> totals() override { return report_so_far({}); }

  Result<Scrape> scrape() override
  {
    const Result<domain::Report> report = report_so_far({});
    if (!report)
      return tl::unexpected(report.error());
    return Scrape{ .totals = *report, .findings = report->findings };
  }

  Result<> health() override
  {
    const std::lock_guard lock(mutex_);
    return check({});
  }

  Result<domain::Report> observe(const ReportQuery &query,
                                 const std::function<bool()> &cancelled) override
  {
    ++observing_;
    const auto until = std::chrono::steady_clock::now() + query.window;
    while (std::chrono::steady_clock::now() < until && !cancelled())
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    --observing_;
    ++observed_;
    if (cancelled())
      return failure(Error::Kind::exhausted, "cancelled");
    {
      const std::lock_guard lock(mutex_);
      asked_memory_ = query.memory;
      asked_allocations_ = query.allocations;
    }
    return report_so_far(query.tgids);
  }

  [[nodiscard]] domain::MemoryTier asked_memory()
  {
    const std::lock_guard lock(mutex_);
    return asked_memory_;
  }

  [[nodiscard]] domain::AllocationQuery asked_allocations()
  {
    const std::lock_guard lock(mutex_);
    return asked_allocations_;
  }

  Result<domain::Profile> profile(const ProfileQuery &query, const std::function<bool()> &) override
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = check(query.tgids); !known)
      return tl::unexpected(known.error());
    asked_allocations_ = query.allocations;
    domain::Profile profile;
    profile.kind = query.kind;
    profile.window = { domain::MonotonicTime{}, domain::MonotonicTime{ query.window } };
    profile.values = domain::values_of(query.kind);
    profile.main_value = domain::main_value_of(query.kind);
    profile.samples = { { .server = 100,
                          .endpoint = "GET /a",
                          .worker = 101,
                          .code = "a.py:1 in f",
                          .values = std::vector<std::int64_t>(profile.values.size(), 7) } };
    profile.notes = { "a \xff note" };
    return profile;
  }

  /// One session more with each look.
  Result<domain::HeapLook> look_at_heap(std::uint32_t worker,
                                        const std::vector<std::string> &types) override
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = check({ worker }); !known)
      return tl::unexpected(known.error());
    domain::HeapLook look;
    look.census.tgid = worker;
    look.census.time = domain::WallTime{ std::chrono::seconds(++looks_) };
    domain::set_types(look.census, { { "shop.Session", looks_, 100 * looks_ } });
    for (const std::string &type : types)
      look.retainers.push_back({ .type = type, .objects = 1, .paths = { { "`shop.KEPT`", 1 } } });
    return look;
  }

  Result<std::vector<domain::ServerReport>>
  servers(const std::vector<std::uint32_t> &tgids) override
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = check(tgids); !known)
      return tl::unexpected(known.error());
    domain::ServerReport server;
    server.server.master_tgid = 100;
    server.server.app = "shop.app:app";
    server.server.workers = { { .tgid = 101, .start_ticks = 100'000, .threads = 1 } };
    server.workers.resize(2);
    server.workers[0].tgid = 101;
    server.workers[1].tgid = 102;
    return std::vector{ server };
  }

  domain::ClockAnchor clock() override
  {
    return { domain::MonotonicTime{ std::chrono::seconds(1000) },
             domain::WallTime{ std::chrono::seconds(1'700'000'000) } };
  }

  /// What one who goes on after a request has missed, and whether that was of another run.
  void set_missed(std::uint64_t missed, bool is_of_another_run)
  {
    const std::lock_guard lock(mutex_);
    missed_ = missed;
    is_of_another_run_ = is_of_another_run;
  }

  std::unique_ptr<Subscription> subscribe(std::function<void(const SeenRequest &)> handler,
                                          std::uint64_t after) override
  {
    const std::lock_guard lock(mutex_);
    handlers_.push_back(std::move(handler));
    return std::make_unique<Handle>(*this, std::prev(handlers_.end()), after == 0 ? 0 : missed_,
                                    after != 0 && is_of_another_run_);
  }

private:
  using Handlers = std::list<std::function<void(const SeenRequest &)>>;

  class Handle : public Subscription {
  public:
    Handle(FakeAgentView &view, Handlers::iterator at, std::uint64_t missed, bool is_of_another_run)
        : view_(view), at_(at), missed_(missed), is_of_another_run_(is_of_another_run)
    {
    }
    ~Handle() override
    {
      const std::lock_guard lock(view_.mutex_);
      view_.handlers_.erase(at_);
    }

    [[nodiscard]] std::uint64_t missed() const override { return missed_; }
    [[nodiscard]] std::uint64_t missed_until() const override { return 7 + missed_; }
    [[nodiscard]] bool is_of_another_run() const override { return is_of_another_run_; }

  private:
    FakeAgentView &view_;
    Handlers::iterator at_;
    std::uint64_t missed_;
    bool is_of_another_run_;
  };

  [[nodiscard]] Result<> check(const std::vector<std::uint32_t> &tgids) const
  {
    if (error_)
      return tl::unexpected(*error_);
    for (const std::uint32_t tgid : tgids) {
      if (tgid < 100 || tgid > 102)
        return failure(Error::Kind::not_found, std::to_string(tgid) + " is watched by nobody");
    }
    return {};
  }

  domain::MemoryTier asked_memory_ = domain::MemoryTier::none;
  domain::AllocationQuery asked_allocations_;
  std::uint64_t looks_ = 0;
  mutable std::mutex mutex_;
  domain::Report report_;
  std::optional<Error> error_;
  std::uint64_t missed_ = 0;
  bool is_of_another_run_ = false;
  Handlers handlers_;
  std::atomic<int> reports_ = 0;
  std::atomic<int> observing_ = 0;
  std::atomic<int> observed_ = 0;
};

inline SeenRequest request_numbered(std::uint64_t number, std::uint32_t server = 100)
{
  SeenRequest seen;
  seen.request.tgid = 101;
  seen.request.tid = 101;
  seen.request.sequence = number;
  seen.request.method = "GET";
  seen.request.path = "/nap/" + std::to_string(number);
  seen.request.status = 200;
  seen.request.received_bytes = number;
  seen.request.times[domain::Cause::sleep] = std::chrono::milliseconds(120);
  seen.request.times[domain::Cause::on_cpu] = std::chrono::milliseconds(1);
  seen.route = "/nap/{}";
  seen.server = server;
  seen.start_time = domain::WallTime{ std::chrono::seconds(1'700'000'000) };
  seen.cursor = (std::uint64_t{ 1'700'000'000 } << 32) + number;
  return seen;
}

inline domain::Finding finding_named(std::string id, std::string detail = "as before")
{
  domain::Finding finding;
  finding.id = std::move(id);
  finding.rule = "blocking-io-in-request";
  finding.severity = domain::Severity::warning;
  finding.title = "GET /report/{} waits for the database";
  finding.detail = std::move(detail);
  finding.server = 100;
  finding.first_seen = finding.last_seen = domain::MonotonicTime{ std::chrono::seconds(1001) };
  return finding;
}

/// Looks again and again until `holds` does or 20 s have passed, which is no measure of speed but
/// of patience.
template <typename Condition>
[[nodiscard]] bool eventually(Condition holds)
{
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

} // namespace linger::serve
