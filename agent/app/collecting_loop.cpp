#include "app/collecting_loop.h"

#include "serve/escape.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

std::string name_of(const domain::Server &server)
{
  return fmt::format("{} {} ({})", domain::name_of(server.kind), server.master_tgid,
                     server.app.empty() ? "application unknown" : serve::printable(server.app));
}

bool has_worker(const domain::Server &server, std::uint32_t tgid)
{
  return std::ranges::find(server.workers, tgid, &domain::WorkerProcess::tgid) !=
         server.workers.end();
}

const domain::Server *with_master(const std::vector<domain::Server> &servers, std::uint32_t tgid)
{
  const auto server = std::ranges::find(servers, tgid, &domain::Server::master_tgid);
  return server == servers.end() ? nullptr : &*server;
}

} // namespace

CollectingLoop::CollectingLoop(ObservationFeed &feed, Clock clock)
    : feed_(feed), clock_(std::move(clock))
{
}

Result<std::unique_ptr<CollectingLoop>> CollectingLoop::open(const Config &config,
                                                             const HostOpener &open_host,
                                                             ObservationFeed &feed, Clock clock,
                                                             const std::vector<std::uint32_t> &only)
{
  std::unique_ptr<CollectingLoop> loop{ new CollectingLoop(feed, std::move(clock)) };
  Result<std::unique_ptr<Host>> host = open_host(
      config, [loop = loop.get()](const domain::Observation &seen) { loop->observed(seen); });
  if (!host)
    return tl::unexpected(host.error());
  loop->host_ = std::move(*host);

  if (const Result<> chosen = loop->choose(only); !chosen)
    return tl::unexpected(chosen.error());
  if (const Result<> attached = loop->host_->attach(); !attached)
    return tl::unexpected(attached.error());
  loop->look_for_servers();
  for (const std::uint32_t master : loop->only_masters_) {
    if (!with_master(loop->servers_, master))
      return failure(Error::Kind::not_found, fmt::format("server {} has just ended", master));
    if (const auto failed = loop->watch_failures_.find(master);
        failed != loop->watch_failures_.end())
      return tl::unexpected(failed->second);
  }
  loop->sample();
  return loop;
}

Result<> CollectingLoop::choose(const std::vector<std::uint32_t> &only)
{
  for (const std::uint32_t tgid : only) {
    const Result<domain::Server> server = host_->find_server(tgid);
    if (!server)
      return tl::unexpected(server.error());
    only_masters_.insert(server->master_tgid);
  }
  return {};
}

Result<> CollectingLoop::turn()
{
  const std::chrono::milliseconds timeout =
      look_turns_.anybody_waits() ? look_timeout : poll_timeout;
  if (const Result<int> polled = host_->poll(timeout); !polled)
    return tl::unexpected(polled.error());
  const domain::ClockAnchor now = clock_();
  feed_.tell_time(now);
  if (now.monotonic >= next_look_)
    look_for_servers();
  if (now.monotonic >= next_sample_)
    sample();
  look_at_memory();
  return {};
}

Result<> CollectingLoop::refresh()
{
  if (const Result<int> polled = host_->poll(0ms); !polled)
    return tl::unexpected(polled.error());
  announce_servers();
  sample();
  return {};
}

Result<std::vector<std::uint32_t>>
CollectingLoop::masters_of(const std::vector<std::uint32_t> &tgids)
{
  std::vector<std::uint32_t> masters;
  for (const std::uint32_t tgid : tgids) {
    const domain::Server *server = known(tgid);
    if (!server) {
      look_for_servers(); // it may be younger than the last look
      server = known(tgid);
    }
    if (!server)
      return failure(Error::Kind::not_found,
                     fmt::format("process {} is neither a server that is watched nor one of its "
                                 "workers; `linger servers` lists them",
                                 tgid));
    if (std::ranges::find(masters, server->master_tgid) == masters.end())
      masters.push_back(server->master_tgid);
  }
  return masters;
}

void CollectingLoop::observed(const domain::Observation &observation)
{
  feed_.add(observation);
  if (const auto *request = std::get_if<domain::Request>(&observation))
    look_turns_.served(request->tgid);
  const auto *event = std::get_if<domain::ProcessEvent>(&observation);
  if (!event)
    return;
  // Workers run programs of their own; only what changes the list of servers is worth a look.
  const bool worker_started = event->kind == domain::ProcessEvent::Kind::started &&
                              with_master(servers_, event->parent_tgid) != nullptr;
  const bool member_changed =
      event->kind != domain::ProcessEvent::Kind::started && known(event->tgid) != nullptr;
  if (worker_started || member_changed)
    next_look_ = std::min(next_look_, std::max(rests_until_, clock_().monotonic + look_delay));
}

std::vector<domain::Server> CollectingLoop::found_or_missed_once()
{
  std::vector<domain::Server> found = host_->find_servers();
  if (!only_masters_.empty())
    std::erase_if(found, [this](const domain::Server &server) {
      return !only_masters_.contains(server.master_tgid);
    });

  std::set<std::uint32_t> missed;
  for (const domain::Server &server : servers_) {
    if (with_master(found, server.master_tgid) || missed_masters_.contains(server.master_tgid))
      continue;
    missed.insert(server.master_tgid);
    found.push_back(server);
  }
  missed_masters_ = std::move(missed);
  std::ranges::sort(found, {}, &domain::Server::master_tgid);
  return found;
}

void CollectingLoop::look_for_servers()
{
  const domain::MonotonicTime begin = clock_().monotonic;
  std::vector<domain::Server> found = found_or_missed_once();
  const std::vector<domain::Server> before = std::exchange(servers_, std::move(found));

  for (const domain::Server &server : before) {
    if (with_master(servers_, server.master_tgid))
      continue;
    spdlog::info("{} is gone", name_of(server));
    watch_failures_.erase(server.master_tgid);
  }
  for (const domain::Server &server : servers_) {
    const domain::Server *known_before = with_master(before, server.master_tgid);
    if (!known_before)
      spdlog::info("found {} on {}, {} workers", name_of(server),
                   serve::printable(fmt::format("{}", fmt::join(server.listen, ", "))),
                   server.workers.size());
    if (!known_before || *known_before != server || watch_failures_.contains(server.master_tgid))
      watch(server);
  }
  if (servers_ != before)
    announce_servers();
  look_turns_.set_workers(servers_);
  std::erase_if(look_gaps_, [this](const auto &gap) { return known(gap.first) == nullptr; });

  const domain::MonotonicTime end = clock_().monotonic;
  rests_until_ = end + std::min<domain::Nanos>(look_rest_factor * (end - begin), most_look_rest);
  next_look_ = std::max(
      rests_until_, end + (missed_masters_.empty() ? domain::Nanos{ look_interval } : look_delay));
}

void CollectingLoop::watch(const domain::Server &server)
{
  const Result<> watched = host_->watch(server);
  if (watched) {
    watch_failures_.erase(server.master_tgid);
    return;
  }
  const Error error{ .kind = watched.error().kind,
                     .what = fmt::format("{} is not watched: {}", name_of(server),
                                         watched.error().what) };
  if (watch_failures_.insert_or_assign(server.master_tgid, error).second)
    spdlog::warn(error.what);
}

void CollectingLoop::announce_servers()
{
  feed_.add(domain::ServersSeen{ .time = clock_().monotonic, .servers = servers_ });
}

void CollectingLoop::sample()
{
  next_sample_ = clock_().monotonic + sample_interval;
  domain::CoverageSample coverage = host_->sample_coverage();
  for (const auto &[master, error] : watch_failures_)
    coverage.gaps.push_back(error.what);

  if (const Result<> sampled = host_->sample_threads(); !sampled)
    coverage.gaps.push_back("What the workers do now is not known: " + sampled.error().what);
  if (const Result<> sampled = host_->sample_outgoing(); !sampled)
    coverage.gaps.push_back("What the workers hold open is not known: " + sampled.error().what);
  sample_cpu_limits(coverage);
  std::string memory_gap;
  std::string queue_gap;
  for (const domain::Server &server : servers_) {
    const Result<domain::ListenSample> queues = host_->sample_listen_queues(server);
    if (queues)
      feed_.add(*queues);
    else if (queues.error().kind != Error::Kind::not_found)
      queue_gap = fmt::format("How many connections wait at {} is not known: {}", name_of(server),
                              queues.error().what);
    for (const domain::WorkerProcess &worker : server.workers) {
      const Result<domain::MemorySample> memory = host_->sample_memory(worker.tgid);
      if (memory)
        feed_.add(*memory);
      else if (memory.error().kind != Error::Kind::not_found)
        memory_gap = "The workers' memory could not be read: " + memory.error().what;
    }
  }
  if (!memory_gap.empty())
    coverage.gaps.push_back(memory_gap);
  if (!look_gaps_.empty())
    coverage.gaps.push_back(
        fmt::format("What requests keep in small objects is not known of {} workers: {}",
                    look_gaps_.size(), look_gaps_.begin()->second));
  if (!queue_gap.empty())
    coverage.gaps.push_back(queue_gap);
  log_losses(coverage);
  feed_.add(coverage);
}

void CollectingLoop::sample_cpu_limits(domain::CoverageSample &coverage)
{
  std::vector<std::uint32_t> tgids;
  for (const domain::Server &server : servers_) {
    for (const domain::WorkerProcess &worker : server.workers)
      tgids.push_back(worker.tgid);
  }
  const Result<std::vector<domain::CpuLimitSample>> limits = host_->sample_cpu_limits(tgids);
  if (!limits) {
    coverage.gaps.push_back("Whether the workers' CPU time is limited is not known: " +
                            limits.error().what);
    return;
  }
  for (const domain::CpuLimitSample &limit : *limits)
    feed_.add(limit);
}

void CollectingLoop::look_at_memory()
{
  while (const std::optional<std::uint32_t> tgid = look_turns_.next(clock_().monotonic)) {
    const Result<PricedLook> looked = host_->look_at_memory(*tgid);
    look_gaps_.erase(*tgid);
    if (looked) {
      look_turns_.spent(looked->cost);
      feed_.add(looked->look);
    }
    const std::string gap = looked                                          ? looked->gap
                            : looked.error().kind == Error::Kind::not_found ? ""
                                                                            : looked.error().what;
    if (!gap.empty())
      look_gaps_.emplace(*tgid, gap);
  }
}

void CollectingLoop::log_losses(const domain::CoverageSample &coverage)
{
  const domain::MonotonicTime now = clock_().monotonic;
  if (coverage.records_lost <= logged_records_lost_ || now < next_loss_log_)
    return;
  spdlog::warn("lost {} records, {} since the start, {} of them requests; a larger "
               "ring_buffer_bytes helps",
               coverage.records_lost - logged_records_lost_, coverage.records_lost,
               coverage.requests_lost);
  logged_records_lost_ = coverage.records_lost;
  next_loss_log_ = now + 1min;
}

const domain::Server *CollectingLoop::known(std::uint32_t tgid) const
{
  const auto server = std::ranges::find_if(servers_, [&](const domain::Server &candidate) {
    return candidate.master_tgid == tgid || has_worker(candidate, tgid);
  });
  return server == servers_.end() ? nullptr : &*server;
}

} // namespace linger::app
