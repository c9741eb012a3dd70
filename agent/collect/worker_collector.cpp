#include "collect/worker_collector.h"

#include "collect/allocation_collector.h"
#include "collect/event_loops.h"
#include "collect/long_waits.h"
#include "collect/loss_sentences.h"
#include "collect/outgoing_collector.h"
#include "collect/python_lines.h"
#include "collect/raised_exceptions.h"
#include "collect/unsettled_requests.h"
#include "collect/worker_probe.h"
#include "decode/allocation_decoder.h"
#include "decode/process_decoder.h"
#include "decode/python_stack_decoder.h"
#include "decode/request_decoder.h"
#include "decode/target.h"
#include "decode/thread_decoder.h"
#include "decode/traceback_decoder.h"
#include "decode/wait_decoder.h"
#include "domain/failure_table.h"
#include "kernel/clock.h"
#include "kernel/ring_buffer.h"
#include "kernel/run_time.h"

#include "wire/thread_record.h"
#include "wire/watched.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace linger::collect {
namespace {

constexpr std::chrono::milliseconds run_time_slice{ 100 };
/// What may wait to be read beside what the ring buffer holds, as a multiple of that.
constexpr std::size_t waiting_part = 4;

/// The port of "127.0.0.1:8000"; nullopt for a unix socket.
std::optional<std::uint16_t> port_of(std::string_view listen)
{
  const std::size_t colon = listen.rfind(':');
  if (listen.starts_with("unix:") || colon == std::string_view::npos)
    return std::nullopt;
  const std::string_view digits = listen.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return port;
}

std::vector<python::Frame> frames_of(const decode::Traceback &traceback)
{
  std::vector<python::Frame> frames;
  for (const decode::TracebackLine &line : traceback.lines)
    frames.push_back({ .file = line.file, .function = line.function, .line = line.line });
  return frames;
}

} // namespace

struct WorkerCollector::Impl {
  Impl(WorkerProbe loaded, Sink to)
      : probe(std::move(loaded)), sink(std::move(to)), run_time(probe.programs()),
        lines("/proc", probe.python_layouts()),
        raised([this](std::uint32_t tgid, const decode::Traceback &traceback) {
          return lines.line_of(tgid, frames_of(traceback));
        }),
        long_waits([this](std::uint32_t tgid, std::uint64_t thread_pointer) {
          return lines.place_of_waiting(tgid, thread_pointer);
        }),
        loops("/proc", probe.python_layouts()), outgoing(probe, known_to_waits.peer_names)
  {
  }

  void deliver(std::span<const std::byte> bytes);
  template <typename Record>
  void pass_on(Result<Record> record)
  {
    if (!record) {
      ++malformed_records;
      last_malformed = record.error().what;
      return;
    }
    if constexpr (std::is_same_v<Record, domain::Request>) {
      raised.fill(*record);
      unsettled.note(*record);
      watch_for_tracebacks(*record);
    }
    if constexpr (std::is_same_v<Record, domain::ProcessEvent>) {
      if (trace && record->kind != domain::ProcessEvent::Kind::started)
        hand_over(trace->end(record->tgid));
      lines.note(*record);
      raised.note(*record);
      if (const auto last = outgoing.note(*record))
        sink(*last);
      loops.note(*record);
    }
    if constexpr (std::is_same_v<Record, domain::Wait>)
      lines.fill(*record);
    if constexpr (std::is_same_v<Record, decode::PythonStack>) {
      lines.note(*record);
    } else if constexpr (std::is_same_v<Record, decode::TracebackPiece>) {
      raised.note(*record);
    } else if constexpr (std::is_same_v<Record, decode::SampledAllocation> ||
                         std::is_same_v<Record, decode::FreedAllocation>) {
      if (trace)
        trace->add(*record);
    } else {
      sink(*record);
    }
  }
  void hand_over(const std::vector<domain::AllocationsSeen> &all)
  {
    for (const domain::AllocationsSeen &seen : all)
      sink(seen);
  }
  void watch_for_tracebacks(const domain::Request &request);
  void settle_requests();
  void measure_run_time();

  WorkerProbe probe;
  Sink sink;
  kernel::RunTimeMeter run_time;
  std::optional<kernel::RingBuffer> ring; // its handler points to this object
  UnsettledRequests unsettled;
  PythonLines lines;
  RaisedExceptions raised;
  LongWaits long_waits;
  std::string traceback_failure; // why there are none; empty when there are
  EventLoops loops;
  decode::KnownToWaits known_to_waits;
  OutgoingCollector outgoing;
  std::unique_ptr<AllocationCollector> trace;
  std::chrono::nanoseconds run_time_sampled{};
  std::uint64_t malformed_records = 0;
  std::string last_malformed;
  bool watches_unix = false;     // a server that listens on a unix socket
  bool watches_handover = false; // one whose requests change threads
};

void WorkerCollector::Impl::deliver(std::span<const std::byte> bytes)
{
  std::uint32_t kind = 0;
  if (bytes.size() >= sizeof kind)
    std::memcpy(&kind, bytes.data(), sizeof kind);
  switch (kind) {
    case RECORD_REQUEST:
      return pass_on(decode::decode_request(bytes));
    case RECORD_WAIT:
      return pass_on(decode::decode_wait(bytes, known_to_waits));
    case RECORD_PROCESS:
      return pass_on(decode::decode_process(bytes));
    case RECORD_PYTHON_STACK:
      return pass_on(decode::decode_python_stack(bytes));
    case RECORD_TRACEBACK:
      return pass_on(decode::decode_traceback(bytes));
    case RECORD_ALLOCATION:
      return pass_on(decode::decode_allocation(bytes));
    case RECORD_FREED:
      return pass_on(decode::decode_freed(bytes));
    default:
      return pass_on<domain::Wait>(
          failure(Error::Kind::malformed, "a record of unknown kind " + std::to_string(kind)));
  }
}

void WorkerCollector::Impl::watch_for_tracebacks(const domain::Request &request)
{
  if (!domain::is_failed(request) || !traceback_failure.empty())
    return;
  if (const auto attached = probe.attach_tracebacks(); !attached)
    traceback_failure = attached.error().what;
}

void WorkerCollector::Impl::settle_requests()
{
  for (const domain::Request &request :
       unsettled.settle(domain::MonotonicTime{ kernel::monotonic_now() }))
    sink(request);
}

void WorkerCollector::Impl::measure_run_time()
{
  const auto now = kernel::monotonic_now();
  if (now - run_time_sampled < run_time_slice)
    return;
  run_time_sampled = now;
  run_time.sample(now);
}

Result<WorkerCollector> WorkerCollector::open(const CollectorOptions &options, Sink sink)
{
  auto probe = WorkerProbe::load(options);
  if (!probe)
    return tl::unexpected(probe.error());
  auto impl = std::make_unique<Impl>(std::move(*probe), std::move(sink));
  auto ring = kernel::RingBuffer::open(
      impl->probe.records(), waiting_part * std::size_t{ options.ring_buffer_bytes },
      [self = impl.get()](std::span<const std::byte> record) { self->deliver(record); });
  if (!ring)
    return tl::unexpected(ring.error());
  impl->ring = std::move(*ring);
  return WorkerCollector{ std::move(impl) };
}

WorkerCollector::WorkerCollector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WorkerCollector::~WorkerCollector() = default;
WorkerCollector::WorkerCollector(WorkerCollector &&) noexcept = default;
WorkerCollector &WorkerCollector::operator=(WorkerCollector &&) noexcept = default;

Result<> WorkerCollector::attach()
{
  return impl_->probe.attach();
}

Result<> WorkerCollector::watch(const domain::Server &server)
{
  auto ports = impl_->probe.listening_ports();
  for (const std::string &listen : server.listen) {
    if (listen.starts_with("unix:")) {
      impl_->watches_unix = true;
      if (const auto attached = impl_->probe.attach_unix(); !attached)
        return attached;
    }
    if (const auto port = port_of(listen)) {
      if (const auto put = ports.put(*port, 1); !put)
        return put;
    }
  }
  const bool loops = domain::runs_event_loops(server);
  impl_->watches_handover |= domain::hands_requests_over(server);
  if (loops) {
    if (const auto attached = impl_->probe.attach_loops(); !attached)
      return attached;
  }
  const watched_role role = loops                                 ? WATCHED_LOOP_WORKER
                            : domain::hands_requests_over(server) ? WATCHED_HANDOVER_WORKER
                                                                  : WATCHED_WORKER;
  auto watched = impl_->probe.watched_processes();
  if (domain::forks_workers(server)) {
    if (const auto put =
            watched.put(server.master_tgid, loops ? WATCHED_LOOP_MASTER : WATCHED_MASTER);
        !put)
      return put;
  }
  for (const domain::WorkerProcess &worker : server.workers) {
    if (const auto put = watched.put(worker.tgid, role); !put)
      return put;
  }
  impl_->lines.watch(server);
  impl_->loops.watch(server);
  // Reading the threads gives each of them a ledger.
  const auto threads = impl_->probe.read_threads();
  if (!threads)
    return tl::unexpected(threads.error());
  return impl_->outgoing.take_up(server, domain::MonotonicTime{ kernel::monotonic_now() });
}

Result<> WorkerCollector::learn_peer(const std::string &address, std::uint16_t port,
                                     domain::Cause cause, const std::string &name)
{
  const auto target = decode::target_of(address, port);
  if (!target)
    return failure(Error::Kind::usage, address + " is neither an IP address nor a path");
  if (!name.empty())
    impl_->known_to_waits.peer_names.insert_or_assign(decode::describe(*target, 0), name);
  const peer value{
    .cause = static_cast<std::uint8_t>(cause), .known = 1, .attempts_count = 0, .flags = 0
  };
  return impl_->probe.peers().put(*target, value);
}

Result<int> WorkerCollector::poll(std::chrono::milliseconds timeout)
{
  auto count = impl_->ring->poll(timeout);
  impl_->settle_requests();
  impl_->measure_run_time();
  if (impl_->trace) {
    impl_->trace->keep_budget();
    impl_->hand_over(impl_->trace->take());
  }
  return count;
}

Result<> WorkerCollector::trace_allocations(const std::vector<std::uint32_t> &tgids,
                                            const domain::AllocationQuery &query,
                                            std::chrono::nanoseconds window)
{
  if (impl_->trace)
    return failure(Error::Kind::exhausted,
                   "allocations are being traced for somebody else already; try again later");
  auto trace =
      AllocationCollector::start(impl_->probe, impl_->lines, "/proc", tgids, query, window);
  if (!trace)
    return tl::unexpected(trace.error());
  impl_->trace = std::move(*trace);
  // Requests that end from now on are seen whole.
  impl_->hand_over(impl_->trace->take());
  return {};
}

void WorkerCollector::end_trace()
{
  if (!impl_->trace)
    return;
  impl_->hand_over(impl_->trace->finish());
  impl_->trace.reset();
}

Result<> WorkerCollector::sample_threads()
{
  const auto bytes = impl_->probe.read_threads();
  if (!bytes)
    return tl::unexpected(bytes.error());
  impl_->loops.look();
  const domain::MonotonicTime now{ kernel::monotonic_now() };
  impl_->outgoing.forget_asked();
  impl_->long_waits.begin_look();
  auto rest = std::as_bytes(std::span(*bytes));
  for (; rest.size() >= sizeof(thread_record); rest = rest.subspan(sizeof(thread_record))) {
    auto thread = decode::decode_thread(rest.first(sizeof(thread_record)));
    if (!thread) {
      ++impl_->malformed_records;
      impl_->last_malformed = thread.error().what;
      continue;
    }
    if (thread->connection_closed)
      impl_->unsettled.note_closed(thread->sample.tid, thread->sample.request_sequence);
    thread->sample.time = now;
    impl_->long_waits.note(*thread);
    impl_->sink(thread->sample);
    impl_->outgoing.note(*thread);
  }
  return {};
}

Result<> WorkerCollector::sample_outgoing()
{
  const auto samples = impl_->outgoing.sample(domain::MonotonicTime{ kernel::monotonic_now() });
  if (!samples)
    return tl::unexpected(samples.error());
  for (const domain::OutgoingSample &sample : *samples)
    impl_->sink(sample);
  return {};
}

domain::CoverageSample WorkerCollector::coverage()
{
  const std::vector<std::uint64_t> counts = impl_->probe.loss_counts();
  domain::CoverageSample sample;
  sample.time = domain::MonotonicTime{ kernel::monotonic_now() };
  sample.requests_lost = counts[LOSS_REQUEST];
  sample.records_lost = counts[LOSS_REQUEST] + counts[LOSS_WAIT] + counts[LOSS_PROCESS] +
                        counts[LOSS_PYTHON_STACK] + counts[LOSS_ALLOCATION] + counts[LOSS_FREED] +
                        counts[LOSS_TRACEBACK] + impl_->malformed_records;
  sample.bpf_run = impl_->run_time.estimated();
  sample.gaps = loss_sentences(counts);
  for (std::string &gap : impl_->lines.gaps())
    sample.gaps.push_back(std::move(gap));
  if (impl_->outgoing.malformed_records() != 0)
    sample.gaps.push_back(std::to_string(impl_->outgoing.malformed_records()) +
                          " times a connection to a peer could not be understood; the last: " +
                          impl_->outgoing.last_malformed());
  for (std::string &gap : impl_->loops.gaps())
    sample.gaps.push_back(std::move(gap));
  if (impl_->malformed_records != 0)
    sample.gaps.push_back(std::to_string(impl_->malformed_records) +
                          " records could not be understood; the last: " + impl_->last_malformed);
  if (!impl_->run_time.available())
    sample.gaps.emplace_back("the probes' run time could not be counted: the kernel refused "
                             "BPF_ENABLE_STATS");
  if (!impl_->probe.sampler_failure().empty())
    sample.gaps.push_back("time on the CPU has no lines: " + impl_->probe.sampler_failure());
  if (!impl_->traceback_failure.empty())
    sample.gaps.push_back("requests that fail have no exception: " + impl_->traceback_failure);
  if (impl_->probe.uses_syscall_boundaries())
    sample.gaps.emplace_back(
        "this kernel's sockets have no tracepoints (v6.3 and newer do): requests "
        "are cut at system calls, which costs more");
  if (impl_->watches_unix && !impl_->probe.unix_attached())
    sample.gaps.emplace_back(
        "this kernel does not tell when a connection to a unix socket begins to "
        "wait (v6.3 and newer do): its accept queue counts nothing");
  if (impl_->probe.uses_syscall_boundaries() && impl_->probe.loops_attached())
    sample.gaps.emplace_back("without them the requests of an event loop (gevent, eventlet, "
                             "asyncio) cannot be told apart: do not use their figures");
  if (impl_->probe.uses_syscall_boundaries() && impl_->watches_handover)
    sample.gaps.emplace_back("without them the requests of waitress are not cut right: do not use "
                             "their figures");
  return sample;
}

} // namespace linger::collect
