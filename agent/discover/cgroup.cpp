#include "discover/cgroup.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <ranges>
#include <vector>

namespace linger::discover {
namespace {

/// Takes the first line off `text`.
std::string_view next_line(std::string_view &text)
{
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Whether "rw,cpu,cpuacct" names `word`.
bool lists(std::string_view list, std::string_view word)
{
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == word)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// The kernel writes blanks and backslashes as \040.
std::string unescaped(std::string_view text)
{
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' && i + 3 < text.size()
                          ? number_in<unsigned char>(text.substr(i + 1, 3), 8)
                          : std::nullopt;
    plain += code ? static_cast<char>(*code) : text[i];
    i += code ? 3 : 0;
  }
  return plain;
}

constexpr std::string_view above = "/..";

/// How many levels "/../../pod" begins above the namespace that it is told in.
std::size_t levels_above(std::string_view path)
{
  std::size_t levels = 0;
  for (; path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
       path.remove_prefix(above.size()))
    ++levels;
  return levels;
}

/// Keeps the mount that shows more.
void prefer(std::optional<CgroupMount> &known, const CgroupMount &mount)
{
  if (!known || levels_above(mount.root) > levels_above(known->root))
    known = mount;
}

/// The directories that lie `depth` below `top` and have `rest`; at most two, that is too many.
/// Takes from `budget` for each one looked at.
void find_with(const std::filesystem::path &top, std::size_t depth, const std::string &rest,
               std::size_t &budget, std::vector<std::filesystem::path> &found)
{
  std::error_code error;
  if (depth == 0) {
    if (std::filesystem::is_directory(top / rest, error))
      found.push_back(top / rest);
    return;
  }
  for (std::filesystem::directory_iterator entry(top, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (budget == 0 || found.size() > 1)
      return;
    --budget;
    std::error_code unreadable;
    if (entry->is_directory(unreadable))
      find_with(entry->path(), depth - 1, rest, budget, found);
  }
}

} // namespace

CgroupMounts cgroup_mounts_in(std::string_view mountinfo)
{
  constexpr std::size_t root = 3, point = 4, optional_fields = 6;
  CgroupMounts mounts;
  while (!mountinfo.empty()) {
    const auto words = words_of(next_line(mountinfo));
    if (words.size() <= optional_fields)
      continue;
    // "... - cgroup cgroup rw,cpu,cpuacct": any number of optional fields comes before the dash.
    const auto dash = std::find(words.begin() + optional_fields, words.end(), "-");
    if (words.end() - dash < 4)
      continue;
    const std::string_view type = dash[1];
    const CgroupMount mount{ unescaped(words[root]), unescaped(words[point]) };
    if (type == "cgroup2")
      prefer(mounts.unified, mount);
    if (type == "cgroup" && lists(dash[3], "cpu"))
      prefer(mounts.cpu, mount);
    if (type == "cgroup" && lists(dash[3], "memory"))
      prefer(mounts.memory, mount);
  }
  return mounts;
}

CgroupPaths cgroup_paths_in(std::string_view cgroup)
{
  CgroupPaths paths;
  while (!cgroup.empty()) {
    // "4:cpu,cpuacct:/docker/ID", and of version 2 "0::/docker/ID".
    const std::string_view line = next_line(cgroup);
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos)
      continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (!path.starts_with('/'))
      continue;
    if (line.substr(0, first) == "0" && controllers.empty())
      paths.unified = std::string(path);
    if (lists(controllers, "cpu"))
      paths.cpu = std::string(path);
    if (lists(controllers, "memory"))
      paths.memory = std::string(path);
  }
  return paths;
}

std::optional<std::filesystem::path> directory_of_group(const CgroupMount &mount,
                                                        const std::string &group)
{
  const std::filesystem::path below = std::filesystem::path(group).lexically_relative(mount.root);
  if (below.empty() || std::ranges::find(below, "..") != below.end())
    return std::nullopt;
  return below == "." ? mount.point : mount.point / below;
}

std::optional<std::filesystem::path> find_group(const CgroupMount &mount, const std::string &group)
{
  constexpr std::size_t most_depth = 4, most_directories = 10'000;
  if (auto directory = directory_of_group(mount, group))
    return directory;
  const std::size_t shown = levels_above(mount.root), told = levels_above(group);
  const std::filesystem::path rest =
      std::string_view(group).substr(std::min(told * above.size() + 1, group.size()));
  if (shown == 0 || shown * above.size() != mount.root.size() || told > shown ||
      shown - told > most_depth || rest.is_absolute() ||
      std::ranges::find(rest, "..") != rest.end())
    return std::nullopt;
  if (shown == told)
    return rest.empty() ? mount.point : mount.point / rest;
  if (rest.empty())
    return std::nullopt;
  std::size_t budget = most_directories;
  std::vector<std::filesystem::path> found;
  find_with(mount.point, shown - told, rest.string(), budget, found);
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

} // namespace linger::discover
