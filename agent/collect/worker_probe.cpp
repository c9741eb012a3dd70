#include "collect/worker_probe.h"

#include "collect/well_known_ports.h"
#include "kernel/clock.h"

#include <algorithm>
#include <bit>
#include <bpf/btf.h>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

namespace linger::collect {
namespace {

using Opened = kernel::Probe<worker_bpf, kernel::Stage::opened>;

constexpr std::string_view on_syscalls = "tp/syscalls/";

/// Few, and in step with nothing that happens a round number of times a second.
constexpr unsigned samples_per_second = 49;

/// Userspace is woken when so much of the ring buffer is full.
constexpr std::uint32_t wake_up_part = 4;

/// The name of the tracepoint in category "syscalls" that a program wants; empty for all others,
/// which libbpf attaches itself.
std::string syscall_tracepoint_of(const bpf_program &program)
{
  const std::string_view section = bpf_program__section_name(&program);
  return section.starts_with(on_syscalls) ? std::string(section.substr(on_syscalls.size()))
                                          : std::string();
}

bool kernel_has_tracepoint(const char *name)
{
  return libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0;
}

void choose_boundaries(const decltype(worker_bpf::progs) &programs, bool by_syscall)
{
  for (bpf_program *program :
       { programs.request_sock_recv_length, programs.request_sock_send_length })
    bpf_program__set_autoload(program, !by_syscall);
  for (bpf_program *program :
       { programs.syscall_read, programs.syscall_readv, programs.syscall_recvfrom,
         programs.syscall_recvmsg, programs.syscall_write, programs.syscall_writev,
         programs.syscall_sendto, programs.syscall_sendmsg, programs.syscall_sendfile64 })
    bpf_program__set_autoload(program, by_syscall);
}

/// libbpf's own answer to a kernel without BTF is "No such process".
Result<> check_btf()
{
  const std::unique_ptr<btf, decltype(&btf__free)> kernel{ btf__load_vmlinux_btf(), &btf__free };
  if (!kernel)
    return failure(
        Error::Kind::not_supported,
        "this kernel has no BTF (/sys/kernel/btf/vmlinux is not there), without which the "
        "probes cannot find its fields; use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
  return {};
}

Result<> check_size(std::uint32_t ring_buffer_bytes)
{
  const auto page_bytes = static_cast<std::uint32_t>(::getpagesize());
  if (!std::has_single_bit(ring_buffer_bytes) || ring_buffer_bytes < page_bytes)
    return failure(Error::Kind::usage,
                   "the ring buffer's size must be a power of two of at least " +
                       std::to_string(page_bytes) + " bytes, not " +
                       std::to_string(ring_buffer_bytes));
  return {};
}

std::vector<bpf_program *> of_loops(const decltype(worker_bpf::progs) &programs)
{
  return { programs.loop_epoll_wait, programs.loop_epoll_pwait, programs.loop_connect };
}

std::vector<bpf_program *> all(const decltype(worker_bpf::progs) &programs)
{
  return { programs.ledger_sched_switch,
           programs.ledger_sched_wakeup,
           programs.ledger_rseq_update,
           programs.sample_on_cpu,
           programs.request_sock_recv_length,
           programs.request_sock_send_length,
           programs.request_accept4,
           programs.request_accept,
           programs.syscall_read,
           programs.syscall_readv,
           programs.syscall_recvfrom,
           programs.syscall_recvmsg,
           programs.syscall_write,
           programs.syscall_writev,
           programs.syscall_sendto,
           programs.syscall_sendmsg,
           programs.syscall_sendfile64,
           programs.loop_epoll_wait,
           programs.loop_epoll_pwait,
           programs.loop_connect,
           programs.unix_sk_data_ready,
           programs.traceback_write,
           programs.process_sched_process_fork,
           programs.process_sched_process_exec,
           programs.process_sched_process_exit,
           programs.thread_iterate,
           programs.outgoing_iterate };
}

} // namespace

WorkerProbe::WorkerProbe(Loaded loaded, bool syscall_boundaries)
    : syscall_boundaries_(syscall_boundaries), maps_(loaded.maps()), programs_(loaded.programs()),
      probe_(std::move(loaded))
{
}

Result<WorkerProbe> WorkerProbe::load(const CollectorOptions &options)
{
  if (const auto size = check_size(options.ring_buffer_bytes); !size)
    return tl::unexpected(size.error());
  // Errors come back as values; libbpf's own lines on stderr would only repeat them.
  libbpf_set_print(nullptr);
  if (const auto btf = check_btf(); !btf)
    return tl::unexpected(btf.error());
  auto opened = Opened::open();
  if (!opened)
    return tl::unexpected(opened.error());

  const bool by_syscall = options.force_syscall_boundaries ||
                          !kernel_has_tracepoint("sock_recv_length") ||
                          !kernel_has_tracepoint("sock_send_length");
  choose_boundaries(opened->programs(), by_syscall);
  // Not there without CONFIG_RSEQ; Python stacks are then read at every block.
  if (!kernel_has_tracepoint("rseq_update"))
    bpf_program__set_autoload(opened->programs().ledger_rseq_update, false);
  if (!kernel_has_tracepoint("sk_data_ready"))
    bpf_program__set_autoload(opened->programs().unix_sk_data_ready, false);
  // libbpf would look for the system calls' tracepoints in a mounted tracefs.
  for (bpf_program *program : all(opened->programs())) {
    if (program == opened->programs().thread_iterate ||
        program == opened->programs().outgoing_iterate ||
        program == opened->programs().unix_sk_data_ready ||
        !syscall_tracepoint_of(*program).empty())
      bpf_program__set_autoattach(program, false);
  }
  opened->constants().wait_threshold_ns =
      static_cast<std::uint64_t>(options.wait_threshold.count());
  opened->constants().sample_period_ns = 1'000'000'000 / samples_per_second;
  opened->constants().tick_ns = static_cast<std::uint64_t>(kernel::clock_tick().count());
  opened->constants().wake_up_bytes = options.ring_buffer_bytes / wake_up_part;
  bpf_map__set_max_entries(opened->maps().records, options.ring_buffer_bytes);

  auto loaded = std::move(*opened).load();
  if (!loaded)
    return tl::unexpected(loaded.error());
  WorkerProbe probe{ std::move(*loaded), by_syscall };

  auto ports = probe.port_causes();
  for (const auto &[port, cause] : well_known_ports)
    (void)ports.put(port, static_cast<std::uint8_t>(cause));
  for (const auto &[port, cause] : options.peer_ports) {
    if (const auto put = ports.put(port, static_cast<std::uint8_t>(cause)); !put)
      return tl::unexpected(put.error());
  }
  return probe;
}

Result<> WorkerProbe::attach()
{
  auto later = of_loops(programs_);
  later.push_back(programs_.traceback_write);
  for (const bpf_program *program : programs()) {
    if (syscall_tracepoint_of(*program).empty() || std::ranges::count(later, program) != 0)
      continue;
    if (const auto link = attach_to_syscall(*program, links_); !link)
      return link;
  }
  auto sampler = kernel::attach_sampler(*programs_.sample_on_cpu, samples_per_second);
  if (sampler)
    std::ranges::move(*sampler, std::back_inserter(links_));
  else
    sampler_failure_ = sampler.error().what;
  auto threads = kernel::attach_iterator(*programs_.thread_iterate);
  if (!threads)
    return tl::unexpected(threads.error());
  threads_ = std::move(*threads);
  // Older kernels walk all processes of the host. Where their boundaries are taken, so is this way.
  const auto own_tgid = static_cast<std::uint32_t>(::getpid());
  if (syscall_boundaries_ || !kernel::attach_iterator(*programs_.outgoing_iterate, own_tgid)) {
    auto outgoing = kernel::attach_iterator(*programs_.outgoing_iterate);
    if (!outgoing)
      return tl::unexpected(outgoing.error());
    outgoing_ = std::move(*outgoing);
  }

  auto attached = std::move(std::get<Loaded>(probe_)).attach();
  if (!attached)
    return tl::unexpected(attached.error());
  probe_ = std::move(*attached);
  return {};
}

Result<> WorkerProbe::attach_loops()
{
  if (!loop_links_.empty())
    return {};
  std::vector<kernel::Link> links;
  for (const bpf_program *program : of_loops(programs_)) {
    if (const auto link = attach_to_syscall(*program, links); !link)
      return link;
  }
  loop_links_ = std::move(links);
  return {};
}

Result<> WorkerProbe::attach_unix()
{
  if (unix_link_ || bpf_program__fd(programs_.unix_sk_data_ready) < 0)
    return {};
  auto link = kernel::attach_traced(*programs_.unix_sk_data_ready);
  if (!link)
    return tl::unexpected(link.error());
  unix_link_ = std::move(*link);
  return {};
}

Result<> WorkerProbe::attach_tracebacks()
{
  return traceback_links_.empty() ? attach_to_syscall(*programs_.traceback_write, traceback_links_)
                                  : Result<>{};
}

Result<> WorkerProbe::attach_to_syscall(const bpf_program &program,
                                        std::vector<kernel::Link> &links) const
{
  auto link = kernel::attach_tracepoint(program, "syscalls", syscall_tracepoint_of(program));
  if (!link)
    return tl::unexpected(link.error());
  links.push_back(std::move(*link));
  return {};
}

kernel::Map<std::uint32_t, std::uint8_t> WorkerProbe::watched_processes() const
{
  return kernel::Map<std::uint32_t, std::uint8_t>{ *maps_.watched_processes };
}

kernel::Map<std::uint16_t, std::uint8_t> WorkerProbe::listening_ports() const
{
  return kernel::Map<std::uint16_t, std::uint8_t>{ *maps_.listening_ports };
}

kernel::Map<std::uint16_t, std::uint8_t> WorkerProbe::port_causes() const
{
  return kernel::Map<std::uint16_t, std::uint8_t>{ *maps_.port_causes };
}

kernel::Map<std::uint32_t, python_layout> WorkerProbe::python_layouts() const
{
  return kernel::Map<std::uint32_t, python_layout>{ *maps_.python_layouts };
}

kernel::Map<wait_target, peer> WorkerProbe::peers() const
{
  return kernel::Map<wait_target, peer>{ *maps_.peers };
}

Result<> WorkerProbe::share_maps_with(bpf_object &other) const
{
  const bpf_object &own = object();
  bpf_map *map = nullptr;
  while ((map = bpf_object__next_map(&other, map)) != nullptr) {
    const bpf_map *shared = bpf_map__is_internal(map)
                                ? nullptr
                                : bpf_object__find_map_by_name(&own, bpf_map__name(map));
    if (shared == nullptr)
      continue;
    if (const int err = bpf_map__reuse_fd(map, bpf_map__fd(shared)))
      return failed(std::string("share the map ") + bpf_map__name(map), err);
  }
  return {};
}

const bpf_object &WorkerProbe::object() const
{
  return std::visit([](const auto &probe) -> const bpf_object & { return probe.object(); }, probe_);
}

std::uint32_t WorkerProbe::wake_up_bytes() const
{
  return bpf_map__max_entries(maps_.records) / wake_up_part;
}

std::vector<std::uint64_t> WorkerProbe::loss_counts() const
{
  std::vector<std::uint64_t> counts;
  for (std::uint32_t kind = 0; kind < LOSS_KINDS; ++kind)
    counts.push_back(kernel::sum_over_cpus(*maps_.loss_counts, kind));
  return counts;
}

std::vector<const bpf_program *> WorkerProbe::programs() const
{
  std::vector<const bpf_program *> loaded;
  for (const bpf_program *program : all(programs_)) {
    if (bpf_program__fd(program) >= 0)
      loaded.push_back(program);
  }
  return loaded;
}

kernel::Map<opened_key, std::uint64_t> WorkerProbe::opened_counts() const
{
  return kernel::Map<opened_key, std::uint64_t>{ *maps_.opened_counts };
}

kernel::Map<std::uint64_t, std::uint8_t> WorkerProbe::used_unix_sockets() const
{
  return kernel::Map<std::uint64_t, std::uint8_t>{ *maps_.used_unix_sockets };
}

Result<std::string> WorkerProbe::read_threads() const
{
  return kernel::read_iterator(threads_);
}

Result<std::string> WorkerProbe::read_outgoing(const std::vector<std::uint32_t> &tgids) const
{
  if (outgoing_)
    return kernel::read_iterator(outgoing_);
  std::string all;
  for (const std::uint32_t tgid : tgids) {
    const auto one = kernel::attach_iterator(*programs_.outgoing_iterate, tgid);
    if (!one && one.error().kind == Error::Kind::not_found)
      continue; // its end is on its way
    if (!one)
      return tl::unexpected(one.error());
    const auto records = kernel::read_iterator(*one);
    if (!records)
      return records;
    all += *records;
  }
  return all;
}

} // namespace linger::collect
