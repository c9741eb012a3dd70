#include "serve/render/servers_text.h"

#include "serve/render/connections_text.h"
#include "serve/render/figures.h"
#include "serve/render/layout.h"
#include "serve/render/resources_text.h"
#include "serve/render/what_if_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

namespace linger::serve {

std::string state_text(v1::WorkerState state)
{
  switch (state) {
    case v1::WORKER_STATE_IDLE:
      return "idle";
    case v1::WORKER_STATE_BUSY:
      return "busy";
    case v1::WORKER_STATE_BLOCKED:
      return "blocked";
    case v1::WORKER_STATE_EXITED:
      return "exited";
    default:
      return "unknown";
  }
}

std::string doing_text(const v1::Worker &worker)
{
  if (!worker.exit_reason().empty())
    return worker.exit_reason();
  std::string text = worker.waits_on().empty() ? "" : "on " + worker.waits_on();
  if (worker.open_request().empty())
    return text;
  return fmt::format("{}{}in {} for {}", text, text.empty() ? "" : ", ", worker.open_request(),
                     duration_text(worker.open_request_ns()));
}

std::string headline_of(const v1::Server &server)
{
  std::string text = fmt::format("{} {}", server.kind(), server.master_tgid());
  if (!server.app().empty())
    text += ": " + server.app();
  if (!server.listen().empty())
    text += fmt::format(" on {}", fmt::join(server.listen(), ", "));
  return text;
}

namespace {

/// "container 0123456789ab (containerd), pod shop/web-7d9c5b8f6d-x2x4z (container app)"
std::string container_text(const v1::Server &server)
{
  std::string text = "container " + server.container();
  if (!server.container_runtime().empty())
    text += fmt::format(" ({})", server.container_runtime());
  if (!server.has_pod())
    return text;
  const v1::Pod &pod = server.pod();
  text += ", pod " + (pod.name().empty() ? pod.uid() : pod.namespace_() + "/" + pod.name());
  if (!pod.container().empty())
    text += fmt::format(" (container {})", pod.container());
  return text;
}

} // namespace

std::string configuration_of(const v1::Server &server)
{
  std::string text = server.worker_class().empty() ? "worker class unknown" : server.worker_class();
  if (server.workers_configured() > 0)
    text += ", " + counted_text(server.workers_configured(), "worker");
  if (server.threads_per_worker() > 1)
    text += fmt::format(" of {} threads", server.threads_per_worker());
  if (server.timeout_seconds() > 0)
    text += fmt::format(", timeout {} s", server.timeout_seconds());
  if (server.max_requests() > 0)
    text += ", replaced after " + counted_text(server.max_requests(), "request");
  if (server.preload())
    text += ", preloaded";
  if (!server.python_version().empty())
    text += ", Python " + server.python_version();
  if (!server.container().empty())
    text += ", " + container_text(server);
  if (!server.workers().empty() && server.workers(0).restarts() > 0)
    text += fmt::format(", {} restarted", count_text(server.workers(0).restarts()));
  return text;
}

namespace {

/// Why what its modules' variables hold is not known, or not of all.
std::string variables_note(const v1::ModuleVariables &variables)
{
  if (!variables.gap().empty())
    return "the variables of its modules: " + variables.gap();
  if (variables.left_out() > 0)
    return fmt::format("the variables of its modules: {} of them or of their changes were too many "
                       "to look at",
                       count_text(variables.left_out()));
  return "";
}

/// "its heap grew in 9.00 s by 573 shop.views.Quote (1.20 MB): `shop.views.RECENT` (list) -> ..."
std::vector<std::string> heap_notes(const v1::HeapGrowth &heap)
{
  if (!heap.gap().empty())
    return { "its heap: " + heap.gap() };
  if (heap.types().empty())
    return { fmt::format("its heap did not grow in {}", duration_text(heap.between_ns())) };
  std::vector<std::string> notes;
  for (const v1::GrownType &type : heap.types()) {
    std::string note =
        fmt::format("its heap grew in {} by {} {} ({})", duration_text(heap.between_ns()),
                    type.objects(), type.type(), bytes_text(static_cast<double>(type.bytes())));
    if (!type.holders().empty())
      note += ": " + type.holders(0).text();
    notes.push_back(std::move(note));
  }
  return notes;
}

/// "its allocations: 812 requests settled, 240 did not; 70,512 probes took 33.1 ms in 30.0 s"
std::string allocations_note(const v1::AllocationTrace &trace)
{
  std::string note = fmt::format("its allocations: {} settled, {} did not",
                                 counted_text(trace.requests_settled(), "request"),
                                 count_text(trace.requests_unsettled()));
  if (trace.probe_hits() > 0)
    note += fmt::format("; {} took {} in {}", counted_text(trace.probe_hits(), "probe"),
                        duration_text(trace.probe_cost_ns()), duration_text(trace.traced_ns()));
  if (!trace.gap().empty())
    note += "; " + trace.gap();
  return note;
}

/// "the heap of worker 4712 was looked into, because GET /report/{} keeps ... It grew by ..."
std::string escalation_text(const v1::MemoryEscalation &escalation)
{
  return fmt::format("{} worker {}, because {} {}",
                     escalation.tier() == v1::MEMORY_TIER_ALLOCATIONS ? "traced the allocations of"
                                                                      : "looked into the heap of",
                     escalation.tgid(), escalation.reason(),
                     escalation.outcome().empty() ? "It still does." : escalation.outcome());
}

std::vector<std::string> notes_of(const v1::Worker &worker)
{
  std::vector<std::string> notes;
  if (worker.memory().major_faults() > 0)
    notes.push_back(fmt::format("{} in its requests: memory that had to come from the disk first",
                                counted_text(worker.memory().major_faults(), "major page fault")));
  if (worker.has_heap_growth())
    std::ranges::move(heap_notes(worker.heap_growth()), std::back_inserter(notes));
  if (std::string note = variables_note(worker.heap_growth().variables()); !note.empty())
    notes.push_back(std::move(note));
  if (worker.has_allocations())
    notes.push_back(allocations_note(worker.allocations()));
  return notes;
}

/// "waiting to be accepted at 127.0.0.1:8000: 3 of 128, at most 97; 12 attempts turned away". Empty
/// where nobody ever waited.
std::string queue_text(const v1::ListenQueue &queue)
{
  if (queue.max_length() == 0 && queue.dropped() == 0)
    return "";
  std::string text = fmt::format("waiting to be accepted at {}: {} of {}, at most {}",
                                 queue.address(), count_text(queue.length()),
                                 count_text(queue.limit()), count_text(queue.max_length()));
  if (queue.dropped() > 0)
    text += fmt::format("; {} turned away", counted_text(queue.dropped(), "attempt"));
  return text;
}

/// "workload shop/web"; empty outside of Kubernetes and where the pod's name is not known.
std::string workload_of(const v1::Server &server)
{
  const v1::Pod &pod = server.pod();
  return pod.workload().empty() ? ""
                                : fmt::format("workload {}/{}", pod.namespace_(), pod.workload());
}

/// Those of one workload together; those of none first. Otherwise as they come.
std::vector<const v1::Server *>
sorted_by_workload(const google::protobuf::RepeatedPtrField<v1::Server> &servers)
{
  std::vector<const v1::Server *> sorted;
  for (const v1::Server &server : servers)
    sorted.push_back(&server);
  std::ranges::stable_sort(sorted, {},
                           [](const v1::Server *server) { return workload_of(*server); });
  return sorted;
}

} // namespace

std::string workers_text(const google::protobuf::RepeatedPtrField<v1::Worker> &workers,
                         const TextOptions &options)
{
  constexpr auto right = Table::Align::right;
  Table table({ { "WORKER", right },
                { "STATE" },
                { "BUSY", right },
                { "REQUESTS", right },
                { "RESIDENT", right },
                { "GROWTH", right },
                { "NOW" } });
  for (const v1::Worker &worker : workers)
    table.add({ .cells = { std::to_string(worker.tgid()), state_text(worker.state()),
                           percent_text(worker.utilization()), count_text(worker.requests()),
                           bytes_text(static_cast<double>(worker.memory().resident_bytes())),
                           growth_text(static_cast<double>(worker.memory().growth_bytes())),
                           doing_text(worker) },
                .notes = notes_of(worker) });
  return table.text(4, options);
}

std::string servers_text(const google::protobuf::RepeatedPtrField<v1::Server> &servers,
                         const TextOptions &options)
{
  const std::size_t width = std::max<std::size_t>(options.width, 40);
  if (servers.empty())
    return "  none\n";
  std::string text;
  std::string heading;
  for (const v1::Server *const by_workload : sorted_by_workload(servers)) {
    const v1::Server &server = *by_workload;
    if (std::string workload = workload_of(server); workload != heading) {
      heading = std::move(workload);
      text += wrapped(heading + ":", width, "  ", 4);
    }
    text += inked(wrapped(headline_of(server), width, "  ", 4), Ink::bold, options.colour);
    text += wrapped(configuration_of(server), width, "    ", 4);
    for (const v1::ListenQueue &queue : server.listen_queues())
      if (const std::string waiting = queue_text(queue); !waiting.empty())
        text += wrapped(waiting, width, "    ", 6);
    for (const std::string &gap : server.gaps())
      text += wrapped(gap, width, "    not known: ", 6);
    for (const std::string &line : resource_lines(server))
      text += wrapped(line, width, "    ", 6);
    for (const v1::MemoryEscalation &escalation : server.escalations())
      text += wrapped(escalation_text(escalation), width, "    by itself: ", 6);
    text += server.workers().empty() ? "    no workers\n" : workers_text(server.workers(), options);
    text += connections_text(server.workers(), options);
    if (server.has_what_if())
      text += what_if_text(server.what_if(), options);
  }
  return text;
}

} // namespace linger::serve
