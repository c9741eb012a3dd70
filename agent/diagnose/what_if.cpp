#include "diagnose/what_if.h"

#include "diagnose/recorded_load.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Nanos;
using domain::Performance;
using domain::Prediction;
using domain::ServerKind;
using domain::WhatIf;
using domain::WorkerSetting;

constexpr std::uint32_t most_threads_per_worker = 128;
constexpr std::uint32_t most_workers = 256;
// A greenlet costs next to nothing: as many as Gunicorn lets a worker have by default.
constexpr std::uint32_t greenlets = 1000;
// By how much the latency (p95) may be worse than the best: of a smaller size, and of another kind
// of setting with fewer workers, which hold less memory.
constexpr double size_slack = 0.1, kind_slack = 0.5;

/// The next larger size worth a try: 1, 2, 3, 4, 6, 8, 12, 16, 24, ...
std::uint32_t after(std::uint32_t size)
{
  if (size < 4)
    return size + 1;
  std::uint32_t power = 4;
  while (power * 2 <= size)
    power *= 2;
  return size < power + power / 2 ? power + power / 2 : power * 2;
}

bool is_greenlets(const WorkerSetting &setting)
{
  return setting.threads == 0;
}

/// Whether its workers take connections while all their threads are busy. Gunicorn's gthread does;
/// uWSGI's threads accept each for itself.
bool takes_ahead(ServerKind kind, const WorkerSetting &setting)
{
  return kind == ServerKind::gunicorn &&
         (is_greenlets(setting) || setting.worker_class == "gthread");
}

/// The CPUs that the server's workers may use; 0 when not known. What others use is theirs, but for
/// what the server's requests have had already.
double cpus_of(const ServerLoad &load)
{
  const double had = ratio_of(load.times[Cause::on_cpu], load.window);
  double cpus = std::max(load.host_cpus - load.others_cpus, std::min(had, load.host_cpus));
  for (const domain::WorkerReport &worker : load.server->workers) {
    if (worker.cpu_limit && worker.cpu_limit->quota > Nanos::zero())
      cpus = std::min(cpus, ratio_of(worker.cpu_limit->quota, worker.cpu_limit->period));
  }
  return cpus;
}

/// What one worker holds, mean of those alive.
std::uint64_t resident_bytes_of(const ServerLoad &load)
{
  double sum = 0;
  int alive = 0;
  for (const domain::WorkerReport &worker : load.server->workers) {
    if (worker.state == domain::WorkerState::exited || worker.memory.resident_bytes == 0)
      continue;
    sum += static_cast<double>(worker.memory.resident_bytes);
    ++alive;
  }
  return alive == 0 ? 0 : static_cast<std::uint64_t>(sum / alive);
}

/// So many there could be: what a worker holds must find room in half of the memory that is left.
std::uint32_t workers_with_room(const ServerLoad &load)
{
  const std::uint64_t each = resident_bytes_of(load);
  if (load.host_available_bytes == 0 || each == 0)
    return most_workers;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(most_workers, load.workers + load.host_available_bytes / 2 / each));
}

WorkerSetting present_setting(const ServerLoad &load)
{
  return { .worker_class = load.server->server.worker_class,
           .workers = load.workers,
           .threads = load.threads_per_worker };
}

/// The model of one server.
class Model {
public:
  Model(const ServerLoad &load, const Thresholds &thresholds, RecordedLoad recorded)
      : kind_(load.server->server.kind), thresholds_(thresholds), recorded_(std::move(recorded)),
        cpus_(cpus_of(load)), resident_bytes_(resident_bytes_of(load)),
        taken_ahead_(takes_ahead(kind_, present_setting(load)))
  {
  }

  [[nodiscard]] const RecordedLoad &recorded() const { return recorded_; }
  [[nodiscard]] double cpus() const { return cpus_; }

  [[nodiscard]] Prediction predict(const WorkerSetting &setting) const
  {
    const SimulatedServer server{
      .workers = setting.workers,
      .threads = is_greenlets(setting) ? greenlets : setting.threads,
      .takes_ahead = takes_ahead(kind_, setting),
      .shares = shares_for(setting),
      .switch_interval = is_greenlets(setting) ? Nanos::zero() : SimulatedServer{}.switch_interval,
      .cpus = cpus_,
      .between = recorded_.between,
    };
    return { .setting = setting,
             .performance = simulate(recorded_.load, server),
             .resident_bytes = resident_bytes_ * setting.workers };
  }

  /// Requests hardly queue.
  [[nodiscard]] bool is_ample(const Performance &performance) const
  {
    const Nanos allowed =
        std::max(Nanos{ thresholds_.queue_min_p90_ns }, performance.wall_p95 / 10);
    return performance.queue_p95 <= allowed;
  }

  /// Makes a setting larger until requests hardly queue or more does not help; the smallest that
  /// is nearly as good as the best. `size` is the number that grows, up to `most`.
  template <typename Size>
  [[nodiscard]] std::optional<Prediction> smallest(WorkerSetting setting, Size size,
                                                   std::uint32_t most) const
  {
    std::vector<Prediction> tried;
    for (std::uint32_t next = after(size(setting)); next <= most; next = after(next)) {
      size(setting) = next;
      tried.push_back(predict(setting));
      if (is_ample(tried.back().performance) || no_longer_gains(tried))
        break;
    }
    if (tried.empty())
      return std::nullopt;
    const Best best = best_of(tried);
    return *std::ranges::find_if(tried, [&](const Prediction &one) {
      return comes_near(one.performance, best, size_slack);
    });
  }

  struct Best {
    double requests_per_second = 0;
    Nanos wall_p95 = Nanos::max();
  };

  [[nodiscard]] Best best_of(const std::vector<Prediction> &predictions) const
  {
    Best best;
    for (const Prediction &one : predictions)
      best.requests_per_second =
          std::max(best.requests_per_second, one.performance.requests_per_second);
    // How long those wait that share a CPU the model does not tell well: more of them are no
    // remedy.
    if (best.requests_per_second * computing_seconds() >= 0.9 * cpus_)
      return best;
    // Whoever answers fewer requests may well answer them sooner.
    for (const Prediction &one : predictions) {
      if (one.performance.requests_per_second >= 0.95 * best.requests_per_second)
        best.wall_p95 = std::min(best.wall_p95, one.performance.wall_p95);
    }
    return best;
  }

  [[nodiscard]] static bool comes_near(const Performance &performance, const Best &best,
                                       double slack)
  {
    return performance.requests_per_second >= 0.95 * best.requests_per_second &&
           static_cast<double>(performance.wall_p95.count()) <=
               (1 + slack) * static_cast<double>(best.wall_p95.count());
  }

private:
  /// Of a request, mean.
  [[nodiscard]] double computing_seconds() const
  {
    double sum = 0;
    for (const Job &job : recorded_.load.jobs)
      sum += std::chrono::duration<double>(job.cpu).count();
    return sum / static_cast<double>(recorded_.load.jobs.size());
  }

  /// As uneven as they are now, where just as many workers take connections in the same way.
  [[nodiscard]] std::vector<double> shares_for(const WorkerSetting &setting) const
  {
    if (!takes_ahead(kind_, setting) || !taken_ahead_ || recorded_.shares.size() != setting.workers)
      return {};
    return recorded_.shares;
  }

  /// The last two steps brought next to nothing.
  [[nodiscard]] static bool no_longer_gains(const std::vector<Prediction> &tried)
  {
    const std::size_t last = tried.size() - 1;
    return tried.size() >= 3 &&
           tried[last].performance.requests_per_second <
               1.02 * tried[last - 2].performance.requests_per_second &&
           tried[last].performance.queue_p95 > tried[last - 2].performance.queue_p95 * 9 / 10;
  }

  ServerKind kind_;
  const Thresholds &thresholds_;
  RecordedLoad recorded_;
  double cpus_;
  std::uint64_t resident_bytes_;
  bool taken_ahead_; // at present
};

std::uint32_t &workers_of(WorkerSetting &setting)
{
  return setting.workers;
}

std::uint32_t &threads_of(WorkerSetting &setting)
{
  return setting.threads;
}

std::string threaded_class(ServerKind kind)
{
  return kind == ServerKind::gunicorn ? "gthread" : "threads";
}

/// Whether requests wait inside of the process, where more threads would wait too.
bool waits_inside(const ServerLoad &load, const Thresholds &thresholds)
{
  return ratio_of(load.times[Cause::lock], service_time(load.times)) >=
         thresholds.what_if_max_lock_ratio;
}

/// Whether greenlets would help: nearly all is waiting, and for what gevent can wait for.
bool suits_greenlets(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos service = service_time(load.times);
  Nanos patched{};
  for (const Cause cause : { Cause::cache, Cause::upstream, Cause::dns, Cause::sleep,
                             Cause::client_read, Cause::client_write })
    patched = domain::saturating_sum(patched, load.times[cause]);
  return load.server->server.kind == ServerKind::gunicorn &&
         ratio_of(patched, service) >= thresholds.what_if_min_greenlet_ratio;
}

std::vector<Prediction> alternatives_for(const ServerLoad &load, const Thresholds &thresholds,
                                         const Model &model)
{
  const WorkerSetting present = present_setting(load);
  const std::uint32_t room = workers_with_room(load);
  std::vector<Prediction> found;
  const auto add = [&](std::optional<Prediction> one) {
    if (one)
      found.push_back(std::move(*one));
  };
  if (!waits_inside(load, thresholds)) {
    WorkerSetting threaded = present;
    threaded.worker_class = threaded_class(load.server->server.kind);
    add(model.smallest(threaded, threads_of, most_threads_per_worker));
    // A process computes on one CPU at a time.
    const auto cpus = static_cast<std::uint32_t>(std::lround(model.cpus()));
    if (cpus > threaded.workers && cpus <= room) {
      threaded.workers = cpus;
      threaded.threads = std::max(1U, present.threads - 1);
      add(model.smallest(threaded, threads_of, most_threads_per_worker));
    }
  }
  // Connections that gthread accepts ahead are dealt out less evenly than at random where there are
  // many workers.
  if (!takes_ahead(load.server->server.kind, present) || found.empty())
    add(model.smallest(present, workers_of, room));
  if (suits_greenlets(load, thresholds))
    found.push_back(
        model.predict({ .worker_class = "gevent", .workers = present.workers, .threads = 0 }));
  return found;
}

/// By enough to be worth a restart.
bool is_better(const Performance &then, const Performance &now)
{
  return then.requests_per_second >= 1.05 * now.requests_per_second ||
         then.wall_p95 <= now.wall_p95 - now.wall_p95 / 10;
}

/// Of the good ones that with the fewest workers, and of these with the fewest threads.
void advise(std::vector<Prediction> &alternatives, const Performance &present, const Model &model)
{
  // Greenlets ask for more than a setting: libraries that can be patched.
  std::vector<Prediction> settings;
  std::ranges::copy_if(alternatives, std::back_inserter(settings),
                       [](const Prediction &one) { return !is_greenlets(one.setting); });
  const Model::Best best = model.best_of(settings);
  Prediction *choice = nullptr;
  for (Prediction &one : alternatives) {
    if (is_greenlets(one.setting) || !Model::comes_near(one.performance, best, kind_slack) ||
        !is_better(one.performance, present))
      continue;
    if (choice == nullptr || std::pair{ one.setting.workers, one.setting.threads } <
                                 std::pair{ choice->setting.workers, choice->setting.threads })
      choice = &one;
  }
  if (choice != nullptr)
    choice->advised = true;
}

bool comes_near(double model, double measured, double tolerance)
{
  return std::abs(model - measured) <= tolerance * measured;
}

} // namespace

std::optional<WhatIf> what_if(const ServerLoad &load, const Thresholds &thresholds)
{
  // How many threads a process of mod_wsgi has stands in Apache's configuration alone.
  if (!domain::has_request_threads(load.server->server) || load.workers == 0 ||
      load.server->server.kind == ServerKind::mod_wsgi ||
      load.threads() > most_threads_per_worker * most_workers || cpus_of(load) <= 0 ||
      is_overcommitted(load, thresholds))
    return std::nullopt;
  std::optional<RecordedLoad> recorded =
      recorded_load(load.server->load, thresholds.what_if_min_requests);
  if (!recorded)
    return std::nullopt;

  const Model model{ load, thresholds, std::move(*recorded) };
  const Load &replayed = model.recorded().load;
  WhatIf answer{ .closed = replayed.clients > 0,
                 .clients = replayed.clients,
                 .think = replayed.think,
                 .requests = replayed.jobs.size(),
                 .cpus = model.cpus(),
                 .measured = model.recorded().measured,
                 .present = model.predict(present_setting(load)) };
  if (!comes_near(answer.present.performance.requests_per_second,
                  answer.measured.requests_per_second, thresholds.what_if_max_error_ratio))
    return std::nullopt;
  answer.alternatives = alternatives_for(load, thresholds, model);
  advise(answer.alternatives, answer.present.performance, model);
  return answer;
}

} // namespace linger::diagnose
