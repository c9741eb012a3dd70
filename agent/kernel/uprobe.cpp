#include "kernel/uprobe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <linux/bpf.h>
#include <memory>
#include <sstream>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace linger::kernel {
namespace {

// include/uapi/linux/bpf.h of newer kernels than the one whose headers are built with.
constexpr int trace_uprobe_multi = 48;
constexpr int trace_uprobe_session = 57;
constexpr std::uint32_t multi_at_return = 1; // BPF_F_UPROBE_MULTI_RETURN

/// union bpf_attr, as link_create.uprobe_multi has it since v6.6.
struct MultiLinkAttributes {
  std::uint32_t prog_fd;
  std::uint32_t target_fd;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint64_t path;
  std::uint64_t offsets;
  std::uint64_t ref_ctr_offsets;
  std::uint64_t cookies;
  std::uint32_t cnt;
  std::uint32_t multi_flags;
  std::uint32_t tgid;
  std::uint32_t unused;
};

bool knows_attach_type(const btf &kernel, const char *wanted)
{
  const int id = btf__find_by_name_kind(&kernel, "bpf_attach_type", BTF_KIND_ENUM);
  if (id < 0)
    return false;
  const btf_type *type = btf__type_by_id(&kernel, static_cast<std::uint32_t>(id));
  const struct btf_enum *values = btf_enum(type); // a type and a function have this name
  for (std::size_t i = 0; i < btf_vlen(type); ++i) {
    if (std::string(btf__name_by_offset(&kernel, values[i].name_off)) == wanted)
      return true;
  }
  return false;
}

template <typename T>
std::uint64_t address_of(const T *pointer)
{
  return reinterpret_cast<std::uintptr_t>(pointer);
}

std::string doing(const bpf_program &program, const UprobeTarget &target)
{
  return std::string("attach ") + bpf_program__name(&program) + " to " + target.path +
         " in process " + std::to_string(target.tgid);
}

} // namespace

UprobeWay best_uprobe_way()
{
  const std::unique_ptr<btf, decltype(&btf__free)> kernel{ btf__load_vmlinux_btf(), &btf__free };
  if (kernel && knows_attach_type(*kernel, "BPF_TRACE_UPROBE_SESSION"))
    return UprobeWay::session;
  if (kernel && knows_attach_type(*kernel, "BPF_TRACE_UPROBE_MULTI"))
    return UprobeWay::multi;
  return UprobeWay::events;
}

void prepare_uprobe(bpf_program &program, UprobeWay way)
{
  if (way == UprobeWay::events)
    return;
  const int type = way == UprobeWay::session ? trace_uprobe_session : trace_uprobe_multi;
  bpf_program__set_expected_attach_type(&program, static_cast<bpf_attach_type>(type));
}

Result<UprobeLinks> UprobeLinks::attach(const bpf_program &program, UprobeWay way,
                                        const UprobeTarget &target, bool at_return)
{
  if (way == UprobeWay::events)
    return attach_events(program, target, at_return);
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint64_t> cookies;
  for (const UprobePoint &point : target.points) {
    offsets.push_back(point.file_offset);
    cookies.push_back(point.cookie);
  }
  MultiLinkAttributes attributes{};
  attributes.prog_fd = static_cast<std::uint32_t>(bpf_program__fd(&program));
  attributes.attach_type = static_cast<std::uint32_t>(
      way == UprobeWay::session ? trace_uprobe_session : trace_uprobe_multi);
  attributes.path = address_of(target.path.c_str());
  attributes.offsets = address_of(offsets.data());
  attributes.cookies = address_of(cookies.data());
  attributes.cnt = static_cast<std::uint32_t>(offsets.size());
  attributes.multi_flags = at_return ? multi_at_return : 0;
  attributes.tgid = target.tgid;
  UprobeLinks links;
  links.multi_.reset(
      static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
  if (!links.multi_)
    return failed(doing(program, target), errno);
  return links;
}

Result<UprobeLinks> UprobeLinks::attach_events(const bpf_program &program,
                                               const UprobeTarget &target, bool at_return)
{
  UprobeLinks links;
  for (const UprobePoint &point : target.points) {
    bpf_uprobe_opts options{};
    options.sz = sizeof options;
    options.bpf_cookie = point.cookie;
    options.retprobe = at_return;
    Link link{ bpf_program__attach_uprobe_opts(&program, static_cast<pid_t>(target.tgid),
                                               target.path.c_str(), point.file_offset, &options) };
    if (!link)
      return failed(doing(program, target), errno);
    links.events_.push_back(std::move(link));
  }
  return links;
}

bool kills_at_return(const std::string &release, const std::string &status)
{
  unsigned major = 0;
  unsigned minor = 0;
  if (std::sscanf(release.c_str(), "%u.%u", &major, &minor) != 2)
    return true;
  const std::tuple version{ major, minor };
  if (version < std::tuple{ 6U, 11U } || version >= std::tuple{ 6U, 14U })
    return false;
  return status.find("\nSeccomp:\t0\n") == std::string::npos;
}

std::string return_probe_danger(std::uint32_t tgid)
{
  utsname names{};
  ::uname(&names);
  std::ifstream file{ "/proc/" + std::to_string(tgid) + "/status" };
  std::stringstream status;
  status << file.rdbuf();
  if (!kills_at_return(names.release, status.str()))
    return "";
  return "process " + std::to_string(tgid) +
         " has a seccomp filter, and on this kernel (6.11 to 6.13) a probe at a function's return "
         "makes it call uretprobe(2), for which the filter may kill it";
}

} // namespace linger::kernel
