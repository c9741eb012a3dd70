// /proc/self/mountinfo and /proc/TGID/cgroup: a group's directory lies below its mount.

#include "discover/cgroup.h"
#include "fuzz/property.h"

#include <algorithm>

using namespace linger::discover;
using namespace linger::fuzz;

namespace {

void check(const std::optional<CgroupMount> &mount, const std::optional<std::string> &group)
{
  if (!mount || !group)
    return;
  must(group->starts_with('/'), "a group has a path");
  const auto directory = directory_of_group(*mount, *group);
  if (!directory)
    return;
  const std::string point = mount->point.string();
  must(directory->string().starts_with(point), "a group lies below its mount");
  const std::string below = directory->string().substr(point.size());
  must(below.find("/../") == below.npos && !below.ends_with("/.."),
       "nothing leads out of the mount");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const CgroupMounts mounts = cgroup_mounts_in(text.substr(0, cut));
  const CgroupPaths paths = cgroup_paths_in(text.substr(std::min(cut + 1, text.size())));
  check(mounts.cpu, paths.cpu);
  check(mounts.unified, paths.unified);

  const CgroupMount plain{ "/", "/cg" };
  check(plain, paths.cpu);
  check(plain, paths.unified);
  return 0;
}
