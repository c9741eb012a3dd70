#include "collect/allocation_probe.h"

#include "kernel/map.h"
#include "kernel/uprobe_price.h"

#include "wire/allocation_record.h"

#include <array>
#include <cmath>
#include <iterator>
#include <tuple>

namespace linger::collect {
namespace {

using Opened = kernel::Probe<allocation_bpf, kernel::Stage::opened>;
using kernel::UprobeWay;

/// As bpf/lib/allocation.bpf.h has them.
struct BlockKey {
  std::uint64_t address = 0;
  std::uint64_t tgid = 0;
};
enum Hit : std::uint32_t { hit_entry, hit_return, hit_free };

constexpr double fixed_point = 65536;

void choose_programs(const decltype(allocation_bpf::progs) &programs, UprobeWay way)
{
  const bool session = way == UprobeWay::session;
  bpf_program__set_autoload(programs.allocation_session, session);
  bpf_program__set_autoload(programs.allocation_entry, !session);
  bpf_program__set_autoload(programs.allocation_return, !session);
  kernel::prepare_uprobe(*programs.allocation_session, UprobeWay::session);
  for (bpf_program *program :
       { programs.allocation_entry, programs.allocation_return, programs.allocation_free })
    kernel::prepare_uprobe(*program, session ? UprobeWay::multi : way);
}

bool can_tell_mappings(const Allocator &allocator)
{
  return !allocator.own_code.empty() && allocator.own_code.size() <= MOST_OWN_CODE;
}

} // namespace

Result<AllocationProbe> AllocationProbe::load(const WorkerProbe &workers,
                                              std::uint64_t interval_bytes)
{
  auto opened = Opened::open();
  if (!opened)
    return tl::unexpected(opened.error());
  const UprobeWay way = kernel::best_uprobe_way();
  choose_programs(opened->programs(), way);
  auto &constants = opened->constants();
  for (std::size_t i = 0; i < std::size(constants.log_fraction); ++i)
    constants.log_fraction[i] = static_cast<std::uint32_t>(std::lround(
        fixed_point * std::log1p((static_cast<double>(i) + 0.5) /
                                 static_cast<double>(std::size(constants.log_fraction)))));
  constants.wake_up_bytes = workers.wake_up_bytes();
  opened->data().sample_interval_bytes = interval_bytes;
  if (const auto shared = workers.share_maps_with(opened->object()); !shared)
    return tl::unexpected(shared.error());
  auto loaded = std::move(*opened).load();
  if (!loaded)
    return because("trace allocations", loaded.error());
  return AllocationProbe{ std::move(*loaded), way };
}

Result<> AllocationProbe::attach(std::uint32_t tgid, const Allocator &allocator)
{
  if (const std::string danger = kernel::return_probe_danger(tgid); !danger.empty())
    return failure(Error::Kind::not_supported, danger);
  const auto &programs = probe_.programs();
  Links links;
  const UprobeWay single = way_ == UprobeWay::session ? UprobeWay::multi : way_;
  // First the frees: a block that is seen must be seen to go.
  auto frees =
      kernel::UprobeLinks::attach(*programs.allocation_free, single, allocator.frees, false);
  if (!frees)
    return tl::unexpected(frees.error());
  links.frees = std::move(*frees);
  const auto add = [&](const bpf_program &program, UprobeWay way, bool at_return) -> Result<> {
    auto attached = kernel::UprobeLinks::attach(program, way, allocator.allocations, at_return);
    if (!attached)
      return tl::unexpected(attached.error());
    links.allocations.push_back(std::move(*attached));
    return {};
  };
  Result<> attached;
  if (way_ == UprobeWay::session) {
    attached = add(*programs.allocation_session, way_, false);
  } else {
    attached = add(*programs.allocation_return, way_, true);
    if (attached)
      attached = add(*programs.allocation_entry, way_, false);
  }
  if (!attached)
    return attached;
  links_.insert_or_assign(tgid, std::move(links));
  attach_mappings(tgid, allocator);
  return {};
}

void AllocationProbe::attach_mappings(std::uint32_t tgid, const Allocator &allocator)
{
  if (!can_tell_mappings(allocator) || !mapping_gap_.empty())
    return;
  own_code own{};
  for (std::size_t i = 0; i < allocator.own_code.size(); ++i)
    own.ranges[i] = { .begin = allocator.own_code[i].begin, .end = allocator.own_code[i].end };
  const auto &programs = probe_.programs();
  // As above, first what ends.
  const std::array<std::tuple<const bpf_program *, const char *, std::vector<kernel::Link> *>, 5>
      points{ { { programs.mapping_ends, "sys_enter_munmap", &mapping_ends_ },
                { programs.mapping_moved, "sys_exit_mremap", &mapping_ends_ },
                { programs.mapping_moves, "sys_enter_mremap", &mapping_ends_ },
                { programs.mapping_made, "sys_exit_mmap", &mapping_begins_ },
                { programs.mapping_begins, "sys_enter_mmap", &mapping_begins_ } } };
  kernel::Map<std::uint32_t, own_code> own_codes{ *probe_.maps().own_code };
  Result<> done = own_codes.put(tgid, own);
  for (const auto &[program, name, links] : points) {
    if (!done || mapping_begins_.size() + mapping_ends_.size() == points.size())
      break;
    auto link = kernel::attach_tracepoint(*program, "syscalls", name);
    if (link)
      links->push_back(std::move(*link));
    else
      done = tl::unexpected(link.error());
  }
  if (!done) {
    mapping_begins_.clear();
    mapping_ends_.clear();
    mapping_gap_ = done.error().what;
  }
}

std::string AllocationProbe::mapping_gap(const Allocator &allocator) const
{
  if (!can_tell_mappings(allocator))
    return "its C library is not glibc's own file (musl, or linked into the program), and what it "
           "maps for itself cannot be told from what others map";
  return mapping_gap_;
}

void AllocationProbe::detach_allocations()
{
  for (auto &[tgid, links] : links_)
    links.allocations.clear();
  mapping_begins_.clear();
}

void AllocationProbe::detach_all()
{
  links_.clear();
  mapping_begins_.clear();
  mapping_ends_.clear();
}

void AllocationProbe::forget(std::uint32_t tgid)
{
  links_.erase(tgid);
  bpf_map_delete_elem(bpf_map__fd(probe_.maps().own_code), &tgid);
  // The values do not matter; the map's are larger than what is read of them.
  const int fd = bpf_map__fd(probe_.maps().sampled_blocks);
  std::vector<BlockKey> gone;
  BlockKey key{};
  const BlockKey *before = nullptr;
  while (bpf_map_get_next_key(fd, before, &key) == 0) {
    if (key.tgid == tgid)
      gone.push_back(key);
    before = &key;
  }
  for (const BlockKey &one : gone)
    bpf_map_delete_elem(fd, &one);
}

Result<std::chrono::nanoseconds> AllocationProbe::measure_price() const
{
  // No thread of this process is watched: the program leaves after one load.
  return kernel::measure_uprobe(*probe_.programs().allocation_free,
                                way_ == UprobeWay::session ? UprobeWay::multi : way_);
}

AllocationHits AllocationProbe::hits() const
{
  const bpf_map &hits = *probe_.maps().allocation_hits;
  return { .entries = kernel::sum_over_cpus(hits, hit_entry),
           .returns = kernel::sum_over_cpus(hits, hit_return),
           .frees = kernel::sum_over_cpus(hits, hit_free) };
}

std::vector<const bpf_program *> AllocationProbe::programs() const
{
  std::vector<const bpf_program *> loaded;
  const auto &programs = probe_.programs();
  for (const bpf_program *program :
       { programs.allocation_session, programs.allocation_entry, programs.allocation_return,
         programs.allocation_free, programs.mapping_begins, programs.mapping_made,
         programs.mapping_ends, programs.mapping_moves, programs.mapping_moved }) {
    if (bpf_program__fd(program) >= 0)
      loaded.push_back(program);
  }
  return loaded;
}

} // namespace linger::collect
