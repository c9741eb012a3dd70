#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

#include <bpf/libbpf.h>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace linger::kernel {

struct DestroyLink {
  void operator()(bpf_link *link) const noexcept { bpf_link__destroy(link); }
};

/// Detaches its program when destroyed.
using Link = std::unique_ptr<bpf_link, DestroyLink>;

/// Attaches `program` to one of the kernel's static tracepoints, "syscalls", "sys_exit_accept4".
/// Finds it in tracefs where that is mounted, and else in an instance of its own that nobody else
/// sees.
[[nodiscard]] Result<Link> attach_tracepoint(const bpf_program &program,
                                             const std::string &category, const std::string &name);

/// Attaches `program` to the tracepoint that its section names by the kernel's BTF ("tp_btf/NAME").
[[nodiscard]] Result<Link> attach_traced(const bpf_program &program);

/// Runs `program`, of type perf_event, `per_second` times on each CPU that is online.
[[nodiscard]] Result<std::vector<Link>> attach_sampler(const bpf_program &program,
                                                       unsigned per_second);

/// Prepares an iterator; read_iterator() runs it once.
[[nodiscard]] Result<Link> attach_iterator(const bpf_program &program);
/// The same, over the threads of one process only: v6.1 and newer (f0d74c4da1f0). not_found when
/// that is gone.
[[nodiscard]] Result<Link> attach_iterator(const bpf_program &program, std::uint32_t tgid);
[[nodiscard]] Result<std::string> read_iterator(const Link &iterator);

} // namespace linger::kernel
