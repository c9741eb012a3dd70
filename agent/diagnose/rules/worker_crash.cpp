#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/worker_end.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::Severity;
using domain::WorkerReport;
using Workers = std::vector<const WorkerReport *>;

std::uint32_t killed_by(const WorkerReport &worker)
{
  return static_cast<std::uint32_t>(worker.end->wait_status & 0x7f);
}

/// "was killed by SIGSEGV", "ended with status 1".
std::string end_of(const WorkerReport &worker)
{
  return killed_by(worker) != 0
             ? "was killed by " + signal_name(killed_by(worker))
             : fmt::format("ended with status {}", (worker.end->wait_status >> 8) & 0xff);
}

std::string remedy_for(const WorkerReport &worker)
{
  if (killed_by(worker) == 0)
    return "Something in it ended the process: sys.exit() or os._exit() in a request or a thread, "
           "or an error that the server's log names. Look there for the moment of the end.";
  if (worker.end->signal != 0)
    return worker.end->sender_tgid == 0
               ? "The kernel sent that signal: a limit (RLIMIT_CPU), or the end of its container."
               : fmt::format("Process {} sent that signal: a supervisor, a script, a person? Its "
                             "own log may tell why.",
                             worker.end->sender_tgid);
  return "That is a fault in native code: a C extension, or a library that it uses. Start the "
         "server with PYTHONFAULTHANDLER=1, so that the next one leaves its Python stacks in the "
         "log; see `coredumpctl` for the native one; and try the extension's latest version.";
}

Finding crash_finding(const Workers &workers, const ServerLoad &load)
{
  const WorkerReport &last = *workers.back();
  Finding finding = finding_of("worker-crash", load.server->server.master_tgid, "");
  finding.severity = Severity::critical;
  finding.title = workers.size() == 1 ? fmt::format("A worker {}", end_of(last))
                                      : fmt::format("{} workers crashed; the last {}",
                                                    workers.size(), end_of(last));
  finding.detail = fmt::format("In {} {} of the server's workers ended that nobody had asked to; "
                               "worker {} {}.",
                               human_time(load.window), workers.size(), last.tgid, end_of(last));
  tell_ends(finding, workers, load.window);
  finding.remedy = remedy_for(last);
  return finding;
}

Finding boot_finding(const Workers &workers, const ServerLoad &load)
{
  Finding finding = finding_of("worker-crash", load.server->server.master_tgid, "");
  finding.id += "boot"; // beside those that crashed later
  finding.severity = Severity::critical;
  finding.title = fmt::format("{} {} before serving a request, with status {}", workers.size(),
                              workers.size() == 1 ? "worker ended" : "workers ended",
                              (workers.back()->end->wait_status >> 8) & 0xff);
  finding.detail = fmt::format("In {} {} workers were started and ended by themselves without "
                               "having served anything; the master starts the next in their place.",
                               human_time(load.window), workers.size());
  tell_ends(finding, workers, load.window);
  finding.remedy = "The application could not be loaded or begun. The server's log has the "
                   "traceback; `python -c \"import MODULE\"` in the same environment shows it "
                   "too. With --preload it fails at the start, before old workers are gone.";
  return finding;
}

} // namespace

std::vector<Finding> worker_crash(const ServerLoad &load, const Thresholds & /*thresholds*/)
{
  std::vector<Finding> findings;
  if (const Workers crashed = ended(*load.server, Ending::crash); !crashed.empty())
    findings.push_back(crash_finding(crashed, load));
  if (const Workers failed = ended(*load.server, Ending::boot_failure); !failed.empty())
    findings.push_back(boot_finding(failed, load));
  return findings;
}

} // namespace linger::diagnose
