#include "python/interpreter.h"

#include "base/unique_fd.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <linux/openat2.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace linger::python {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view library_prefix = "libpython3.";
/// Where a process maps more than this, its interpreter stands far in front of the end.
constexpr std::size_t most_map_lines = 20'000;

std::string_view file_name_of(std::string_view path)
{
  return path.substr(path.rfind('/') + 1);
}

std::optional<std::uint64_t> hexadecimal(std::string_view text)
{
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// One line of /proc/TGID/maps: "begin-end rwxp offset device inode      path".
struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;
  std::string_view path;
};

std::optional<Mapping> mapping_in(std::string_view line)
{
  const std::size_t dash = line.find('-');
  const std::size_t blank = line.find(' ');
  if (dash == std::string_view::npos || blank == std::string_view::npos || dash > blank)
    return std::nullopt;
  const std::size_t offset = line.find(' ', blank + 1);
  if (offset == std::string_view::npos)
    return std::nullopt;
  const std::size_t device = line.find(' ', offset + 1);
  const std::size_t path = line.find('/');
  if (device == std::string_view::npos || path == std::string_view::npos || path < device)
    return std::nullopt;
  const auto begin = hexadecimal(line.substr(0, dash));
  const auto end = hexadecimal(line.substr(dash + 1, blank - dash - 1));
  const auto at = hexadecimal(line.substr(offset + 1, device - offset - 1));
  if (!begin || !end || !at)
    return std::nullopt;
  return Mapping{ .begin = *begin, .end = *end, .offset = *at, .path = line.substr(path) };
}

std::string_view without_deleted(std::string_view path)
{
  constexpr std::string_view mark = " (deleted)";
  if (path.ends_with(mark))
    path.remove_suffix(mark.size());
  return path;
}

std::string link_target(const fs::path &link)
{
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  return error ? std::string() : target.string();
}

/// The mapped file itself, whatever has become of its path; else, without the capability that this
/// takes, the file at that path below the process's root.
UniqueFd open_mapped(const fs::path &process, const MappedInterpreter &mapped)
{
  const fs::path range =
      process / "map_files" / fmt::format("{:x}-{:x}", mapped.begin_address, mapped.end_address);
  UniqueFd file{ ::open(range.c_str(), O_RDONLY | O_CLOEXEC) };
  if (file)
    return file;
  const UniqueFd root{ ::open((process / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC) };
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  file.reset(
      static_cast<int>(::syscall(SYS_openat2, root.get(), mapped.file.c_str(), &how, sizeof how)));
  struct stat status {};
  if (file && (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)))
    file.reset();
  return file;
}

std::optional<Version> version_of(const Memory &memory, const ElfImage &image, std::uint64_t bias,
                                  const std::string &file)
{
  if (image.version_address != 0) {
    if (const auto packed = memory.value<std::uint32_t>(image.version_address + bias))
      return unpacked(*packed);
  }
  return version_in_name(file);
}

} // namespace

std::optional<MappedInterpreter> interpreter_in(std::string_view maps, std::string_view executable)
{
  std::optional<MappedInterpreter> found;
  bool musl = false;
  for (std::size_t count = 0; count < most_map_lines && !maps.empty(); ++count) {
    const std::size_t end = std::min(maps.find('\n'), maps.size());
    const auto mapping = mapping_in(maps.substr(0, end));
    maps.remove_prefix(std::min(end + 1, maps.size()));
    if (!mapping)
      continue;
    const std::string_view path = without_deleted(mapping->path);
    const std::string_view name = file_name_of(path);
    musl |= name.starts_with("ld-musl-");
    // libpython3.so only forwards to the real one.
    const bool is_library = name.starts_with(library_prefix) &&
                            name.size() > library_prefix.size() &&
                            digits.find(name[library_prefix.size()]) != std::string_view::npos;
    if (mapping->offset != 0 || (!is_library && path != without_deleted(executable)) ||
        (found && (found->is_library || !is_library)))
      continue;
    found = MappedInterpreter{ .file = std::string(path),
                               .begin_address = mapping->begin,
                               .end_address = mapping->end,
                               .is_library = is_library };
  }
  if (found)
    found->musl = musl;
  return found;
}

std::optional<Version> version_in_name(std::string_view file)
{
  constexpr std::string_view prefix = "python3.";
  const std::string_view name = file_name_of(file);
  const std::size_t at = name.find(prefix);
  if (at == std::string_view::npos)
    return std::nullopt;
  const std::string_view rest = name.substr(at + prefix.size());
  std::uint8_t minor = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), minor);
  const bool ends_there = end == rest.data() + rest.size() || *end == '.';
  if (error != std::errc{} || !ends_there)
    return std::nullopt;
  return Version{ 3, minor };
}

Result<Interpreter> find_interpreter(const fs::path &proc, std::uint32_t tgid, const Memory &memory)
{
  const fs::path process = proc / std::to_string(tgid);
  std::ifstream maps(process / "maps");
  std::stringstream text;
  text << maps.rdbuf();
  const auto mapped = interpreter_in(text.str(), link_target(process / "exe"));
  if (!mapped)
    return failure(Error::Kind::not_found, fmt::format("process {} runs no CPython", tgid));
  const UniqueFd file = open_mapped(process, *mapped);
  if (!file)
    return failed(fmt::format("open {}", mapped->file), errno);
  const auto image = read_elf_image(file.get(), mapped->file);
  if (!image)
    return tl::unexpected(image.error());
  if (image->runtime_address == 0)
    return failure(Error::Kind::not_found,
                   fmt::format("{} holds no CPython of version 3.7 or newer", mapped->file));

  const std::uint64_t bias =
      image->fixed_position ? 0 : mapped->begin_address - image->first_byte_address;
  const auto version = version_of(memory, *image, bias, mapped->file);
  if (!version)
    return failure(
        Error::Kind::not_supported,
        fmt::format("the version of the CPython in {} could not be found", mapped->file));
  const auto placed = [bias](std::uint64_t address) { return address ? address + bias : 0; };
  return Interpreter{ .version = *version,
                      .file = mapped->file,
                      .runtime_address = placed(image->runtime_address),
                      .code_type_address = placed(image->code_type_address),
                      .unicode_type_address = placed(image->unicode_type_address),
                      .musl = mapped->musl };
}

std::string working_directory_of(const fs::path &proc, std::uint32_t tgid)
{
  const fs::path process = proc / std::to_string(tgid);
  std::string directory = link_target(process / "cwd");
  const std::string root = link_target(process / "root");
  // After a chroot the kernel names both as we see them.
  if (root.size() > 1 && directory.starts_with(root + "/"))
    directory.erase(0, root.size());
  return directory;
}

} // namespace linger::python
