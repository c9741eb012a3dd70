#include "kernel/link.h"

#include "kernel/tracefs.h"

#include <array>
#include <bpf/bpf.h>
#include <cerrno>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace linger::kernel {

Result<Link> attach_tracepoint(const bpf_program &program, const std::string &category,
                               const std::string &name)
{
  const std::string doing = "attach to the tracepoint " + category + ":" + name;
  const auto id = tracepoint_id(category, name);
  if (!id)
    return because(doing, id.error());

  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = *id;
  // Any one CPU will do: the program runs for the tracepoint's hits on all of them.
  UniqueFd event{ static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)) };
  if (!event)
    return failed(doing, errno);
  Link link{ bpf_program__attach_perf_event(&program, event.get()) };
  if (!link)
    return failed(doing, errno);
  (void)event.release(); // the link closes it
  return link;
}

Result<Link> attach_traced(const bpf_program &program)
{
  Link link{ bpf_program__attach_trace(&program) };
  if (!link)
    return failed(std::string("attach ") + bpf_program__name(&program), errno);
  return link;
}

Result<std::vector<Link>> attach_sampler(const bpf_program &program, unsigned per_second)
{
  const std::string doing = std::string("attach the sampler ") + bpf_program__name(&program);
  std::vector<Link> links;
  for (int cpu = 0; cpu < libbpf_num_possible_cpus(); ++cpu) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    attributes.freq = 1;
    attributes.sample_freq = per_second;
    UniqueFd event{ static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)) };
    if (!event && errno == ENODEV)
      continue; // offline
    if (!event)
      return failed(doing, errno);
    Link link{ bpf_program__attach_perf_event(&program, event.get()) };
    if (!link)
      return failed(doing, errno);
    (void)event.release(); // the link closes it
    links.push_back(std::move(link));
  }
  return links;
}

Result<Link> attach_iterator(const bpf_program &program)
{
  Link link{ bpf_program__attach_iter(&program, nullptr) };
  if (!link)
    return failed(std::string("attach the iterator ") + bpf_program__name(&program), errno);
  return link;
}

Result<Link> attach_iterator(const bpf_program &program, std::uint32_t tgid)
{
  bpf_iter_link_info only{};
  only.task.pid = tgid;
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &only, .link_info_len = sizeof only);
  Link link{ bpf_program__attach_iter(&program, &options) };
  const int err = errno == ESRCH ? ENOENT : errno;
  if (!link)
    return failed(std::string("attach the iterator ") + bpf_program__name(&program) +
                      " to process " + std::to_string(tgid),
                  err);
  return link;
}

Result<std::string> read_iterator(const Link &iterator)
{
  const UniqueFd file{ bpf_iter_create(bpf_link__fd(iterator.get())) };
  if (!file)
    return failed("run the iterator", errno);
  std::string bytes;
  std::array<char, 65536> chunk;
  for (;;) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count == 0)
      return bytes;
    if (count < 0 && errno != EINTR && errno != EAGAIN)
      return failed("read the iterator", errno);
    if (count > 0)
      bytes.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

} // namespace linger::kernel
