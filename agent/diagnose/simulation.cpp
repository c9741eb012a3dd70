#include "diagnose/simulation.h"

#include "diagnose/quantile.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <queue>
#include <random>
#include <utility>

namespace linger::diagnose {
namespace {

using domain::Nanos;
using domain::Performance;

// Nanoseconds with fractions: CPUs that are shared give a thread part of one.
using Time = double;
constexpr Time never = std::numeric_limits<Time>::infinity();

Time time_of(Nanos nanos)
{
  return static_cast<Time>(std::max(Nanos::zero(), nanos).count());
}

Nanos nanos_of(Time time)
{
  return Nanos{ domain::saturating_round(time) };
}

/// One request on its way through the server.
struct Request {
  Job job;
  Time arrival = 0;
  Time start = 0;
  std::size_t process = 0;      // that serves it
  std::uint32_t parts_left = 0; // of its computing, the present one included
  Time part_left = 0;           // of the present one
  bool answered = false;        // its thread still tidies up
};

struct Process {
  std::uint32_t free_threads = 0;
  std::deque<std::size_t> taken;   // connections that it took and that wait for a thread of its own
  std::optional<std::size_t> runs; // who has the interpreter
  std::deque<std::size_t> runnable; // who wants it
  std::uint64_t turn = 0;           // how often it changed hands
};

struct Event {
  enum class Kind { arrives, wakes, switches };
  Time time = 0;
  std::uint64_t order = 0;
  Kind kind = Kind::arrives;
  std::size_t subject = 0; // a request, or the process that switches
  std::uint64_t turn = 0;

  bool operator>(const Event &other) const
  {
    return std::pair{ time, order } > std::pair{ other.time, other.order };
  }
};

struct Served {
  Time queued = 0;
  Time wall = 0;
  Time end = 0;
};

class Simulation {
public:
  Simulation(const Load &load, const SimulatedServer &server)
      : load_(load), server_(server), processes_(server.workers)
  {
    assert(server.workers > 0 && server.threads > 0 && server.cpus > 0);
    assert(server.shares.empty() || server.shares.size() == server.workers);
    for (Process &process : processes_)
      process.free_threads = server.threads;
    const std::size_t clients = load.clients;
    total_ = clients == 0 ? load.jobs.size() : std::max(load.jobs.size(), rounds * clients);
    requests_.reserve(total_); // they are referred to while more of them come
    if (clients == 0) {
      for (const Job &job : load.jobs)
        send(time_of(job.arrival));
      return;
    }
    // Clients that all began at once would go on in step, as no real ones do.
    const Time apart = (time_of(load.jobs.front().cpu) + time_of(load.jobs.front().wait)) /
                       static_cast<Time>(clients);
    for (std::size_t i = 0; i < clients; ++i)
      send(apart * static_cast<Time>(i));
  }

  Performance run()
  {
    for (;;) {
      const auto [process, done] = next_to_stop_running();
      const Time event = events_.empty() ? never : events_.top().time;
      if (done == never && event == never)
        break;
      if (done <= event) {
        advance(done);
        stops_running(*process);
      } else {
        advance(event);
        const Event now = events_.top();
        events_.pop();
        handle(now);
      }
    }
    return performance();
  }

private:
  // A closed load goes round so often at least: a full server must fill up first.
  static constexpr std::size_t rounds = 10;

  void send(Time when)
  {
    const Job &job = load_.jobs[requests_.size() % load_.jobs.size()];
    Request &request = requests_.emplace_back(Request{ .job = job, .arrival = when });
    request.parts_left = job.waits + 1;
    request.part_left = time_of(job.cpu) / request.parts_left;
    schedule(when, Event::Kind::arrives, requests_.size() - 1);
  }

  void schedule(Time when, Event::Kind kind, std::size_t subject, std::uint64_t turn = 0)
  {
    events_.push({ when, scheduled_++, kind, subject, turn });
  }

  [[nodiscard]] Time speed() const
  {
    return running_ == 0 ? 1 : std::min(1.0, server_.cpus / static_cast<Time>(running_));
  }

  [[nodiscard]] std::pair<Process *, Time> next_to_stop_running()
  {
    Process *first = nullptr;
    Time least = never;
    for (Process &process : processes_) {
      if (process.runs && requests_[*process.runs].part_left < least) {
        least = requests_[*process.runs].part_left;
        first = &process;
      }
    }
    return { first, first == nullptr ? never : now_ + least / speed() };
  }

  void advance(Time to)
  {
    const Time run = (to - now_) * speed();
    for (Process &process : processes_) {
      if (process.runs) {
        Time &left = requests_[*process.runs].part_left;
        left = std::max(0.0, left - run);
      }
    }
    now_ = to;
  }

  void handle(const Event &event)
  {
    switch (event.kind) {
      case Event::Kind::arrives:
        return arrives(event.subject);
      case Event::Kind::wakes:
        return wants_to_run(requests_[event.subject].process, event.subject);
      case Event::Kind::switches:
        return switches(processes_[event.subject], event.turn);
    }
  }

  void arrives(std::size_t request)
  {
    if (server_.takes_ahead) {
      const std::size_t taker = takes_next();
      if (processes_[taker].free_threads > 0)
        starts(request, taker);
      else
        processes_[taker].taken.push_back(request);
      return;
    }
    const auto idlest = std::ranges::max_element(processes_, {}, &Process::free_threads);
    if (idlest->free_threads > 0)
      starts(request, static_cast<std::size_t>(idlest - processes_.begin()));
    else
      backlog_.push_back(request);
  }

  /// Who takes a connection ahead is nobody's choice: it is drawn.
  std::size_t takes_next()
  {
    if (server_.shares.empty())
      return dice_() % processes_.size();
    double all = 0;
    for (const double share : server_.shares)
      all += share;
    double drawn = all * static_cast<double>(dice_() - std::minstd_rand::min()) /
                   static_cast<double>(std::minstd_rand::max());
    std::size_t taker = 0;
    while (taker + 1 < server_.shares.size() && drawn >= server_.shares[taker])
      drawn -= server_.shares[taker++];
    return taker;
  }

  void starts(std::size_t request, std::size_t process)
  {
    --processes_[process].free_threads;
    requests_[request].process = process;
    requests_[request].start = now_;
    wants_to_run(process, request);
  }

  void wants_to_run(std::size_t index, std::size_t request)
  {
    Process &process = processes_[index];
    if (!process.runs)
      return runs(process, request);
    process.runnable.push_back(request);
    if (process.runnable.size() == 1)
      schedule_switch(process);
  }

  void schedule_switch(const Process &process)
  {
    if (server_.switch_interval > Nanos::zero())
      schedule(now_ + time_of(server_.switch_interval), Event::Kind::switches,
               static_cast<std::size_t>(&process - processes_.data()), process.turn);
  }

  void runs(Process &process, std::size_t request)
  {
    process.runs = request;
    ++process.turn;
    ++running_;
    if (!process.runnable.empty())
      schedule_switch(process);
  }

  void yields(Process &process)
  {
    process.runs.reset();
    --running_;
    if (process.runnable.empty())
      return;
    const std::size_t next = process.runnable.front();
    process.runnable.pop_front();
    runs(process, next);
  }

  void switches(Process &process, std::uint64_t turn)
  {
    if (!process.runs || process.turn != turn || process.runnable.empty())
      return;
    process.runnable.push_back(*process.runs);
    yields(process);
  }

  void stops_running(Process &process)
  {
    const std::size_t index = *process.runs;
    Request &request = requests_[index];
    if (request.answered)
      return leaves(process);
    if (--request.parts_left > 0) {
      request.part_left = time_of(request.job.cpu) / (request.job.waits + 1);
      schedule(now_ + time_of(request.job.wait) / request.job.waits, Event::Kind::wakes, index);
      return yields(process);
    }
    answers(request);
    request.answered = true;
    request.part_left = time_of(server_.between);
    if (requests_.size() < total_)
      send(now_ + time_of(load_.think));
  }

  void answers(const Request &request)
  {
    served_.push_back(
        { .queued = request.start - request.arrival, .wall = now_ - request.arrival, .end = now_ });
    if (requests_.size() < total_)
      last_full_ = served_.size(); // from here on a closed load dries up
  }

  /// The thread is free for the next one.
  void leaves(Process &process)
  {
    ++process.free_threads;
    yields(process);
    std::deque<std::size_t> &queue = server_.takes_ahead ? process.taken : backlog_;
    if (queue.empty())
      return;
    const std::size_t next = queue.front();
    queue.pop_front();
    starts(next, static_cast<std::size_t>(&process - processes_.data()));
  }

  [[nodiscard]] Performance performance() const
  {
    const std::size_t end = load_.clients == 0 ? served_.size() : last_full_;
    const std::size_t warm_up = std::max<std::size_t>(end / 10, load_.clients);
    if (end < warm_up + 2)
      return {};
    const std::vector<Served> counted(served_.begin() + static_cast<std::ptrdiff_t>(warm_up),
                                      served_.begin() + static_cast<std::ptrdiff_t>(end));
    Performance result;
    const Time length = counted.back().end - counted.front().end;
    if (length > 0)
      result.requests_per_second = 1e9 * static_cast<Time>(counted.size() - 1) / length;
    std::vector<Time> queued, wall;
    Time sum = 0;
    for (const Served &served : counted) {
      queued.push_back(served.queued);
      wall.push_back(served.wall);
      sum += served.queued;
    }
    result.queue_mean = nanos_of(sum / static_cast<Time>(counted.size()));
    result.queue_p95 = nanos_of(quantile_in(queued, 0.95));
    result.wall_p50 = nanos_of(quantile_in(wall, 0.5));
    result.wall_p95 = nanos_of(quantile_in(wall, 0.95));
    return result;
  }

  const Load &load_;
  const SimulatedServer &server_;
  std::vector<Process> processes_;
  std::deque<std::size_t> backlog_;
  std::vector<Request> requests_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Served> served_;
  std::minstd_rand dice_; // the same every time
  std::size_t total_ = 0;
  std::size_t last_full_ = 0;
  std::size_t running_ = 0;
  std::uint64_t scheduled_ = 0;
  Time now_ = 0;
};

} // namespace

Performance simulate(const Load &load, const SimulatedServer &server)
{
  if (load.jobs.empty())
    return {};
  return Simulation{ load, server }.run();
}

} // namespace linger::diagnose
