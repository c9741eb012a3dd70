#include "discover/python_version.h"

#include "discover/proc_files.h"

#include <fstream>
#include <string_view>

namespace linger::discover {
namespace {

constexpr std::string_view digits = "0123456789";
/// Where a process maps more than this, libpython stands far in front of the end.
constexpr std::size_t max_map_lines = 20'000;

/// "3.11" at the beginning of `text`, or nothing.
std::string_view minor_version_at(std::string_view text)
{
  const std::size_t dot = text.find_first_not_of(digits);
  if (dot == std::string_view::npos || dot == 0 || text[dot] != '.')
    return {};
  const std::size_t end = std::min(text.find_first_not_of(digits, dot + 1), text.size());
  return end == dot + 1 ? std::string_view{} : text.substr(0, end);
}

/// "3.11.7" from a directory such as "versions/3.11.7" or "cpython-3.11.7-linux-x86_64-gnu".
std::string with_patch_level(std::string_view path, std::string_view minor_version)
{
  const std::string wanted = std::string(minor_version) + ".";
  for (std::size_t at = path.find(wanted); at != std::string_view::npos;
       at = path.find(wanted, at + 1)) {
    const bool starts_there = at > 0 && (path[at - 1] == '/' || path[at - 1] == '-');
    const std::size_t patch = at + wanted.size();
    const std::size_t end = std::min(path.find_first_not_of(digits, patch), path.size());
    const bool ends_there = end < path.size() && (path[end] == '/' || path[end] == '-');
    if (starts_there && ends_there && end > patch)
      return std::string(path.substr(at, end - at));
  }
  return std::string(minor_version);
}

/// The version in a path whose last component begins with `prefix` followed by a version.
std::string version_in(std::string_view path, std::string_view prefix)
{
  const std::string_view file = path.substr(path.rfind('/') + 1);
  if (!file.starts_with(prefix))
    return {};
  const std::string_view minor_version = minor_version_at(file.substr(prefix.size()));
  return minor_version.empty() ? std::string{} : with_patch_level(path, minor_version);
}

} // namespace

std::string python_version_of(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const auto directory = directory_of(proc, tgid);
  if (const auto executable = read_link(directory / "exe")) {
    std::string version = version_in(*executable, "python");
    if (!version.empty())
      return version;
  }
  // An executable called "python3", or one that embeds the interpreter.
  std::ifstream maps(directory / "maps");
  std::string line;
  for (std::size_t count = 0; count < max_map_lines && std::getline(maps, line); ++count) {
    std::string version = version_in(line, "libpython");
    if (!version.empty())
      return version;
  }
  return {};
}

} // namespace linger::discover
