#include "diagnose/worker_end.h"

#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/words.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::LostRequest;
using domain::ServerKind;
using domain::WorkerEnd;
using domain::WorkerReport;

// Linux's numbers, the same on every architecture that it runs on here.
constexpr std::uint32_t sigabrt = 6;
constexpr std::uint32_t sigkill = 9;

struct NamedSignal {
  std::uint32_t number;
  std::string_view name;
};
constexpr std::array signals{
  NamedSignal{ 1, "SIGHUP" },   NamedSignal{ 2, "SIGINT" },   NamedSignal{ 3, "SIGQUIT" },
  NamedSignal{ 4, "SIGILL" },   NamedSignal{ 5, "SIGTRAP" },  NamedSignal{ 6, "SIGABRT" },
  NamedSignal{ 7, "SIGBUS" },   NamedSignal{ 8, "SIGFPE" },   NamedSignal{ 9, "SIGKILL" },
  NamedSignal{ 11, "SIGSEGV" }, NamedSignal{ 13, "SIGPIPE" }, NamedSignal{ 14, "SIGALRM" },
  NamedSignal{ 15, "SIGTERM" }, NamedSignal{ 31, "SIGSYS" },
};

/// Gunicorn's worker says by these that its application could not be loaded or begun
/// (Arbiter.WORKER_BOOT_ERROR, APP_LOAD_ERROR).
bool says_boot_failed(ServerKind kind, int exit_status)
{
  return kind == ServerKind::gunicorn && (exit_status == 3 || exit_status == 4);
}

/// Gunicorn aborts a worker that has not shown itself in time, and kills it if that is no use;
/// uWSGI kills at once (harakiri). A worker that is to be replaced is first asked in another way.
bool is_timeout(const WorkerEnd &end, ServerKind kind)
{
  return end.by_master &&
         (end.signal == sigabrt ||
          (end.signal == sigkill && kind != ServerKind::gunicorn && !end.lost.empty()));
}

std::string told(const LostRequest &lost, std::uint32_t tgid)
{
  std::string text =
      fmt::format(" Worker {} had {} open for {}", tgid,
                  lost.endpoint.empty() ? "a request" : lost.endpoint, human_time(lost.open));
  if (lost.waited > domain::Nanos::zero())
    text += fmt::format(", {} of it {}", human_time(lost.waited), waiting_for(lost.cause));
  if (!lost.what.empty())
    text += fmt::format(" ({})", lost.what);
  if (!lost.code.empty())
    text += " at " + lost.code;
  return text + ".";
}

} // namespace

Ending ending_of(const WorkerReport &worker, ServerKind kind)
{
  const WorkerEnd &end = *worker.end;
  const auto killed_by = static_cast<std::uint32_t>(end.wait_status & 0x7f);
  const int exit_status = (end.wait_status >> 8) & 0xff;
  if (end.out_of_memory)
    return Ending::out_of_memory;
  if (is_timeout(end, kind))
    return Ending::timeout;
  if (end.signal != 0 && end.signal != sigkill && end.signal != sigabrt)
    return Ending::wanted;
  if (killed_by == sigkill && end.by_master)
    return Ending::wanted;
  if (killed_by != 0)
    return Ending::crash;
  if (exit_status == 0)
    return Ending::wanted;
  return says_boot_failed(kind, exit_status) || worker.requests == 0 ? Ending::boot_failure
                                                                     : Ending::crash;
}

std::vector<const WorkerReport *> ended(const domain::ServerReport &server, Ending ending)
{
  std::vector<const WorkerReport *> workers;
  for (const WorkerReport &worker : server.workers) {
    if (worker.end && ending_of(worker, server.server.kind) == ending)
      workers.push_back(&worker);
  }
  return workers;
}

std::string signal_name(std::uint32_t signal)
{
  const auto *const found = std::ranges::find(signals, signal, &NamedSignal::number);
  return found == signals.end() ? fmt::format("signal {}", signal) : std::string(found->name);
}

const LostRequest *longest_lost(const std::vector<const WorkerReport *> &workers)
{
  const LostRequest *longest = nullptr;
  for (const WorkerReport *worker : workers) {
    if (!worker->end->lost.empty() &&
        (longest == nullptr || worker->end->lost.front().open > longest->open))
      longest = &worker->end->lost.front();
  }
  return longest;
}

void tell_ends(Finding &finding, const std::vector<const WorkerReport *> &workers,
               domain::Nanos window)
{
  std::size_t lost_count = 0;
  const LostRequest *longest = longest_lost(workers);
  for (const WorkerReport *worker : workers) {
    finding.workers.push_back(worker->tgid);
    for (const LostRequest &lost : worker->end->lost) {
      ++lost_count;
      if (&lost == longest)
        finding.detail += told(lost, worker->tgid);
      if (!lost.endpoint.empty() &&
          std::ranges::find(finding.endpoints, lost.endpoint) == finding.endpoints.end())
        finding.endpoints.push_back(lost.endpoint);
    }
  }
  const double hours = std::chrono::duration<double, std::ratio<3600>>(window).count();
  if (hours > 0)
    finding.effect.requests_lost_per_hour = static_cast<double>(lost_count) / hours;
  cite_count(finding, "workers that ended so", static_cast<double>(workers.size()), "workers");
  cite_count(finding, "requests without a response then", static_cast<double>(lost_count),
             "requests");
  if (longest != nullptr)
    cite_time(finding, "the longest of them was open for", longest->open);
}

} // namespace linger::diagnose
