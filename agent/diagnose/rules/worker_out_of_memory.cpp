#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/worker_end.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::Severity;
using domain::WorkerReport;

double largest_bytes(const std::vector<const WorkerReport *> &workers)
{
  std::uint64_t largest = 0;
  for (const WorkerReport *worker : workers)
    largest = std::max({ largest, worker->memory.resident_bytes, worker->memory.high_water_bytes });
  return static_cast<double>(largest);
}

} // namespace

std::vector<Finding> worker_out_of_memory(const ServerLoad &load, const Thresholds &thresholds)
{
  const auto workers = ended(*load.server, Ending::out_of_memory);
  if (workers.empty())
    return {};
  Finding finding = finding_of("worker-out-of-memory", load.server->server.master_tgid, "");
  finding.severity = Severity::critical;
  finding.title = fmt::format("The kernel killed {} {} to have {} memory", workers.size(),
                              workers.size() == 1 ? "worker" : "workers",
                              workers.size() == 1 ? "its" : "their");
  finding.detail =
      fmt::format("In {} memory ran out, of the machine or of the limit of the workers' control "
                  "group. The largest of the workers that were killed had held {} at a look once "
                  "a second.",
                  human_time(load.window), human_bytes(largest_bytes(workers)));
  tell_ends(finding, workers, load.window);
  const bool grows = !memory_retained(load, thresholds).empty();
  finding.remedy =
      grows ? "They grow: see memory-retained. Until that is mended let --max-requests replace "
              "workers before they reach the limit, or start fewer of them."
            : "Nothing in this window shows that they grow with each request: then it is one "
              "request that takes much (the one above, if any), or too many workers for the limit "
              "(Kubernetes: resources.limits.memory). Watch longer for growth: linger diagnose "
              "--duration 10m.";
  cite_bytes(finding, "resident set, the largest of them", largest_bytes(workers));
  return { finding };
}

} // namespace linger::diagnose
