#include "domain/worker_aggregate.h"

#include "domain/endpoint_aggregate.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace linger::domain {
namespace {

template <typename T>
void append(std::vector<T> &to, std::vector<T> from)
{
  std::ranges::move(from, std::back_inserter(to));
}

/// The time for which an interleaved request kept its thread from the others.
Nanos held_thread(const WholeRequest &whole)
{
  Nanos held = whole.waits.held_loop();
  for (const Cause cause : { Cause::on_cpu, Cause::run_queue, Cause::page_fault, Cause::gil })
    held = saturating_sum(held, whole.request.times[cause]);
  return held;
}

// Threads are looked at every second; with some slack for a busy machine.
constexpr Nanos latest_sample = std::chrono::seconds{ 5 };

bool runs(const ThreadSample &sample)
{
  return sample.cause == Cause::on_cpu || sample.cause == Cause::run_queue;
}

} // namespace

std::vector<WholeRequest> WorkerAggregate::add(const Request &request)
{
  std::vector<WholeRequest> whole;
  if (!threads_.contains(request.tid) && threads_.size() >= max_threads) {
    const auto oldest = std::ranges::min_element(
        threads_, {}, [](const auto &entry) { return entry.second.requests.last_end(); });
    forget_thread(oldest->first, whole);
  }
  append(whole, threads_[request.tid].requests.add(request));
  if (request.thread_died)
    forget_thread(request.tid, whole);
  return whole;
}

void WorkerAggregate::add(const Wait &wait)
{
  if (Thread *thread = room_for(wait.tid))
    thread->requests.add(wait);
}

void WorkerAggregate::add(const ThreadSample &sample)
{
  if (Thread *thread = room_for(sample.tid))
    thread->sample = sample;
}

void WorkerAggregate::add(const MemorySample &sample)
{
  if (!first_anonymous_bytes_)
    first_anonymous_bytes_ = sample.anonymous_bytes;
  memory_ = sample;
}

void WorkerAggregate::add(const OutgoingSample &sample, MonotonicTime window_begin)
{
  outgoing_.add(sample, window_begin, requests_);
}

void WorkerAggregate::add(const CpuLimitSample &sample)
{
  // Another group has counters of its own.
  if (!first_cpu_limit_ || first_cpu_limit_->group != sample.group)
    first_cpu_limit_ = sample;
  cpu_limit_ = sample;
}

std::vector<WholeRequest> WorkerAggregate::finish()
{
  std::vector<WholeRequest> whole;
  for (auto &[tid, thread] : threads_)
    append(whole, thread.requests.finish());
  return whole;
}

void WorkerAggregate::count(const WholeRequest &whole, MonotonicTime window_begin)
{
  const Request &request = whole.request;
  ++requests_;
  times_ += request.times;
  throttled_ = saturating_sum(throttled_, request.throttled);
  minor_faults_ += request.minor_faults;
  major_faults_ += request.major_faults;
  lost_.add(whole);
  // Told at the moment they end: nothing of them lies behind the window.
  const Nanos busy = request.interleaved
                         ? held_thread(whole)
                         : busy_window(request).overlap({ window_begin, MonotonicTime::max() });
  busy_ = saturating_sum(busy_, busy);
}

void WorkerAggregate::exit(std::string reason, const std::optional<ProcessEvent> &event)
{
  exit_reason_ = std::move(reason);
  if (event)
    exit_ = event;
}

void WorkerAggregate::revive()
{
  exit_reason_.clear();
  exit_.reset();
}

WorkerReport WorkerAggregate::report(const WorkerAggregate &whole, const TimeWindow &window,
                                     std::uint32_t threads_per_worker,
                                     const RouteTable &routes) const
{
  WorkerReport report{
    .tgid = tgid_, .requests = whole.requests_, .times = whole.times_, .exit_reason = exit_reason_
  };
  report.memory = { .resident_bytes = memory_.resident_bytes,
                    .anonymous_bytes = memory_.anonymous_bytes,
                    .file_bytes = memory_.file_bytes,
                    .shared_bytes = memory_.shared_bytes,
                    .high_water_bytes = memory_.high_water_bytes,
                    .minor_faults = whole.minor_faults_,
                    .major_faults = whole.major_faults_,
                    .limit = memory_.limit,
                    .proportional_bytes = memory_.proportional_bytes };
  if (first_anonymous_bytes_)
    report.memory.growth_bytes =
        static_cast<std::int64_t>(memory_.anonymous_bytes - *first_anonymous_bytes_);
  report.threads = static_cast<std::uint32_t>(threads_.size());
  report.throttled = whole.throttled_;
  report.connections = outgoing_.report();
  report.heap_growth = heap_growth_;
  if (first_cpu_limit_)
    report.cpu_limit = between(*first_cpu_limit_, cpu_limit_);

  Nanos busy = whole.busy_;
  if (exited()) {
    report.state = WorkerState::exited;
    if (exit_)
      report.end =
          WorkerEnd{ .time = exit_->time,
                     .wait_status = exit_->wait_status,
                     .signal = exit_->signal,
                     .sender_tgid = exit_->sender_tgid,
                     .by_master = exit_->signal != 0 && exit_->sender_tgid == exit_->parent_tgid,
                     .out_of_memory = exit_->out_of_memory,
                     .lost = whole.lost_.at_end(exit_->time, routes) };
  } else {
    busy = saturating_sum(busy, busy_with_open_requests(window));
    report_open_requests(report, window.end, routes);
    report.busy_threads = busy_threads(window.end, routes);
  }
  const double capacity =
      static_cast<double>(window.length().count()) * std::max<std::uint32_t>(1, threads_per_worker);
  if (capacity > 0)
    report.utilization = std::clamp(static_cast<double>(busy.count()) / capacity, 0.0, 1.0);
  return report;
}

std::vector<ThreadReport> WorkerAggregate::busy_threads(MonotonicTime now,
                                                        const RouteTable &routes) const
{
  std::vector<ThreadReport> busy;
  for (const auto &[tid, thread] : threads_) {
    if (!thread.sample)
      continue;
    const ThreadSample &sample = *thread.sample;
    const MonotonicTime seen = std::max(now, sample.time);
    // A thread that ended is in no later sample.
    if (seen - sample.time > latest_sample)
      continue;
    if (!is_open(thread) && sample.cause == Cause::idle)
      continue;
    ThreadReport &report = busy.emplace_back(ThreadReport{ .tid = tid, .cause = sample.cause });
    report.since = std::max(Nanos::zero(), seen - sample.since);
    report.lock = sample.lock;
    report.lock_shared = sample.lock_shared;
    report.code = sample.code;
    report.for_event = sample.for_event;
    if (!is_open(thread))
      continue;
    report.response_begun = sample.response_begun;
    report.open = std::max(Nanos::zero(), seen - sample.request_begin);
    report.endpoint = sample.method + " " + routes.route_of(sample.path);
  }
  std::ranges::stable_sort(busy, std::ranges::greater{}, &ThreadReport::since);
  if (busy.size() > max_reported_threads)
    busy.resize(max_reported_threads);
  return busy;
}

WorkerAggregate::Thread *WorkerAggregate::room_for(std::uint32_t tid)
{
  if (!threads_.contains(tid) && threads_.size() >= max_threads)
    return nullptr;
  return &threads_[tid];
}

void WorkerAggregate::forget_thread(std::uint32_t tid, std::vector<WholeRequest> &whole)
{
  const auto thread = threads_.find(tid);
  append(whole, thread->second.requests.finish());
  threads_.erase(thread);
}

bool WorkerAggregate::is_open(const Thread &thread)
{
  return thread.sample && thread.sample->request_open &&
         !thread.requests.told(thread.sample->request_sequence);
}

Nanos WorkerAggregate::busy_with_open_requests(const TimeWindow &window) const
{
  Nanos busy{};
  for (const auto &[tid, thread] : threads_) {
    // Once a part of the response is out there is a record, if only a provisional one.
    if (is_open(thread) && !thread.sample->response_begun &&
        !thread.requests.recorded(thread.sample->request_sequence))
      busy = saturating_sum(busy, window.overlap({ thread.sample->request_begin, window.end }));
  }
  return busy;
}

void WorkerAggregate::report_open_requests(WorkerReport &report, MonotonicTime now,
                                           const RouteTable &routes) const
{
  const ThreadSample *longest = nullptr;
  bool sampled = false;
  bool running = false;
  for (const auto &[tid, thread] : threads_) {
    sampled = sampled || thread.sample.has_value();
    if (!is_open(thread))
      continue;
    running = running || runs(*thread.sample);
    if (longest == nullptr || thread.sample->request_begin < longest->request_begin)
      longest = &*thread.sample;
  }
  if (longest == nullptr) {
    report.state = sampled || report.requests > 0 ? WorkerState::idle : WorkerState::unknown;
    return;
  }
  report.state = running ? WorkerState::busy : WorkerState::blocked;
  if (!running)
    report.waits_on = name_of(longest->cause);
  report.open_request =
      std::max(Nanos::zero(), std::max(now, longest->time) - longest->request_begin);
  // Before its first bytes are read, a request has no name.
  if (!longest->path.empty())
    report.open_request_endpoint = longest->method + " " + routes.route_of(longest->path);
}

std::string exit_reason(int wait_status)
{
  // The layout of <sys/wait.h>, which the domain does not include: signal, then exit code.
  const int signal = wait_status & 0x7f;
  if (signal != 0)
    return "killed by signal " + std::to_string(signal);
  return "exited with status " + std::to_string((wait_status >> 8) & 0xff);
}

} // namespace linger::domain
