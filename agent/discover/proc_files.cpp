#include "discover/proc_files.h"

#include "base/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> read_failed(const fs::path &path, int err)
{
  const std::string doing = "read " + path.string();
  // A process that dies while its file is open gives ESRCH; its directory is gone a moment later.
  return failed(doing, err == ESRCH ? ENOENT : err);
}

Result<std::string> read_all(int fd, const fs::path &path, std::size_t limit_bytes)
{
  std::string text;
  std::array<char, 16384> buffer{};
  while (text.size() < limit_bytes) {
    const std::size_t wanted = std::min(buffer.size(), limit_bytes - text.size());
    const ssize_t got = ::read(fd, buffer.data(), wanted);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return read_failed(path, errno);
    if (got == 0)
      break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

} // namespace

Result<std::string> read_text(const fs::path &path, std::size_t limit_bytes)
{
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file)
    return read_failed(path, errno);
  return read_all(file.get(), path, limit_bytes);
}

Result<std::string> read_link(const fs::path &path)
{
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0)
    return read_failed(path, errno);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<std::string> read_in_root_of(const fs::path &proc, std::uint32_t tgid, const fs::path &path,
                                    std::size_t limit_bytes)
{
  const fs::path root = directory_of(proc, tgid) / "root";
  const UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd)
    return read_failed(root, errno);

  open_how how{};
  // Not to hang on a FIFO that stands where a file should be.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd file(
      static_cast<int>(::syscall(SYS_openat2, root_fd.get(), path.c_str(), &how, sizeof how)));
  if (!file)
    return read_failed(path, errno);

  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    return read_failed(path, errno);
  if (!S_ISREG(status.st_mode))
    return failure(Error::Kind::malformed, fmt::format("{} is no regular file", path.string()));
  if (static_cast<std::uintmax_t>(status.st_size) > limit_bytes)
    return failure(Error::Kind::exhausted,
                   fmt::format("{} has {} bytes, more than the {} that are read", path.string(),
                               status.st_size, limit_bytes));
  return read_all(file.get(), path, limit_bytes);
}

Result<fs::path> working_directory_of(const fs::path &proc, std::uint32_t tgid)
{
  const fs::path directory = directory_of(proc, tgid);
  const auto cwd = read_link(directory / "cwd");
  if (!cwd)
    return tl::unexpected(cwd.error());
  const auto root = read_link(directory / "root");
  if (!root)
    return tl::unexpected(root.error());

  if (cwd->ends_with(" (deleted)"))
    return failure(Error::Kind::not_found,
                   fmt::format("the working directory of {} was removed", tgid));
  // After a chroot the kernel names both as we see them; in a mount namespace of its own the root
  // is "/" and nothing is to be taken away.
  const fs::path inside = fs::path(*cwd).lexically_relative(*root);
  if (inside.empty() || *inside.begin() == "..")
    return failure(Error::Kind::not_found,
                   fmt::format("the working directory of {} is outside of its root", tgid));
  return (fs::path("/") / inside).lexically_normal();
}

std::vector<std::uint32_t> list_tgids(const fs::path &proc)
{
  std::vector<std::uint32_t> tgids;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error))
    if (const auto tgid = number_in<std::uint32_t>(entry->path().filename().native()))
      tgids.push_back(*tgid);
  std::ranges::sort(tgids);
  return tgids;
}

fs::path directory_of(const fs::path &proc, std::uint32_t tgid)
{
  return proc / std::to_string(tgid);
}

std::vector<std::string_view> words_of(std::string_view text)
{
  constexpr std::string_view blanks = " \t";
  std::vector<std::string_view> words;
  for (std::size_t begin = text.find_first_not_of(blanks); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(blanks, end);
  }
  return words;
}

std::vector<std::string> split_at_nul(std::string_view text)
{
  std::vector<std::string> strings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    strings.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return strings;
}

} // namespace linger::discover
