#include "discover/gunicorn_family.h"

#include <unordered_map>
#include <unordered_set>

namespace linger::discover {
namespace {

using Role = GunicornTitle::Role;

bool has_role(const GunicornProcess &process, Role role)
{
  return process.title && process.title->role == role;
}

/// Whether the child is a fork of a process that has no title.
bool is_plain_fork(const GunicornProcess &child, const GunicornProcess &parent)
{
  if (child.title || parent.title || child.is_reexecuted)
    return false;
  const bool has_same_executable = child.executable.empty() || parent.executable.empty() ||
                                   child.executable == parent.executable;
  return has_same_executable && child.argv == parent.argv;
}

class FamilyFinder {
public:
  explicit FamilyFinder(std::span<const GunicornProcess> processes) : processes_(processes)
  {
    for (const GunicornProcess &process : processes)
      by_tgid_.emplace(process.stat.tgid, &process);
    for (const GunicornProcess &process : processes)
      if (has_role(process, Role::worker))
        with_titled_workers_.insert(process.stat.parent_tgid);
  }

  std::vector<GunicornFamily> find()
  {
    std::vector<GunicornFamily> families;
    std::unordered_map<const GunicornProcess *, std::size_t> by_master;
    for (const GunicornProcess &process : processes_)
      if (is_master(process)) {
        by_master.emplace(&process, families.size());
        families.push_back({ .master = &process });
      }
    for (const GunicornProcess &process : processes_)
      if (const auto family = by_master.find(parent_of(process));
          family != by_master.end() && is_worker(process, *family->first))
        families[family->second].workers.push_back(&process);
    return families;
  }

private:
  [[nodiscard]] const GunicornProcess *parent_of(const GunicornProcess &process) const
  {
    const auto found = by_tgid_.find(process.stat.parent_tgid);
    return found == by_tgid_.end() ? nullptr : found->second;
  }

  /// A worker carries its master's title until it sets its own. A master that was started anew
  /// differs in its title, or has workers already.
  [[nodiscard]] bool is_newborn(const GunicornProcess &process, const GunicornProcess &parent) const
  {
    return has_role(process, Role::master) && process.title == parent.title &&
           !process.is_reexecuted && !with_titled_workers_.contains(process.stat.tgid);
  }

  [[nodiscard]] bool is_master(const GunicornProcess &process) const
  {
    const GunicornProcess *const parent = parent_of(process);
    if (has_role(process, Role::worker))
      return false;
    return parent == nullptr || !(is_newborn(process, *parent) || is_plain_fork(process, *parent));
  }

  /// `parent` is a master.
  [[nodiscard]] bool is_worker(const GunicornProcess &process, const GunicornProcess &parent) const
  {
    if (has_role(process, Role::worker))
      return has_role(parent, Role::master);
    if (is_newborn(process, parent))
      return true;
    return is_plain_fork(process, parent) && (!process.listening || !process.listening->empty());
  }

  std::span<const GunicornProcess> processes_;
  std::unordered_map<std::uint32_t, const GunicornProcess *> by_tgid_;
  /// Parents of processes with a worker's title.
  std::unordered_set<std::uint32_t> with_titled_workers_;
};

} // namespace

std::vector<GunicornFamily> families_of(std::span<const GunicornProcess> processes)
{
  return FamilyFinder(processes).find();
}

} // namespace linger::discover
