#include "serve/unix_socket.h"

#include "base/socket.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

class NarrowUmask {
public:
  NarrowUmask() : before_(::umask(0117)) {}
  NarrowUmask(const NarrowUmask &) = delete;
  NarrowUmask &operator=(const NarrowUmask &) = delete;
  NarrowUmask(NarrowUmask &&) = delete;
  NarrowUmask &operator=(NarrowUmask &&) = delete;
  ~NarrowUmask() { ::umask(before_); }

private:
  mode_t before_;
};

sockaddr_un address_of(const std::string &path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

UniqueFd new_socket()
{
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Result<> make_directory(const std::string &directory)
{
  if (::mkdir(directory.c_str(), 0755) == 0) {
    // The umask may have taken more than was meant: clients must be able to get to the socket.
    if (::chmod(directory.c_str(), 0755) == 0)
      return {};
  } else if (errno == EEXIST) {
    return {};
  }
  return failed("create the directory " + directory, errno);
}

/// Keeps two agents that start at once from replacing each other's socket. Held until closed.
Result<UniqueFd> lock_directory(const std::string &directory)
{
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd)
    return failed("open the directory " + directory, errno);
  for (int tries = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK || tries == 100)
      return failed("lock the directory " + directory, errno);
    std::this_thread::sleep_for(20ms);
  }
  return fd;
}

Result<> make_room(const std::string &path)
{
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? Result<>{} : failed("look at " + path, errno);
  if (!S_ISSOCK(found.st_mode))
    return failure(Error::Kind::usage,
                   path + " exists and is no socket; remove it or listen on another path");

  switch (const int err = knock(path)) {
    case 0:
      return failure(Error::Kind::exhausted,
                     "another agent answers on " + path + "; stop it or listen on another path");
    case ECONNREFUSED:
      if (::unlink(path.c_str()) != 0)
        return failed("remove the stale socket " + path, errno);
      return {};
    case ENOENT:
      return {};
    default:
      return failed("find out whether an agent answers on " + path, err);
  }
}

} // namespace

int knock(const std::string &path)
{
  const UniqueFd fd = new_socket();
  if (!fd)
    return errno;
  const sockaddr_un address = address_of(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
    return 0;
  return errno == EAGAIN ? 0 : errno; // its queue is full: somebody is there, and busy
}

Result<UnixListener> UnixListener::open(const std::string &path)
{
  const std::string directory = std::filesystem::path(path).parent_path();
  if (const auto made = make_directory(directory); !made)
    return tl::unexpected(made.error());
  const auto lock = lock_directory(directory);
  if (!lock)
    return tl::unexpected(lock.error());
  if (const auto room = make_room(path); !room)
    return tl::unexpected(room.error());

  UniqueFd fd = new_socket();
  if (!fd)
    return failed("create a socket", errno);
  const sockaddr_un address = address_of(path);
  {
    const NarrowUmask narrow;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
      return failed("bind " + path, errno);
  }
  UnixListener listener(path, std::move(fd));
  struct stat made {};
  if (::lstat(path.c_str(), &made) == 0) {
    listener.device_ = made.st_dev;
    listener.inode_ = made.st_ino;
  }
  if (::listen(listener.fd(), SOMAXCONN) != 0)
    return failed("listen on " + path, errno);
  return listener;
}

UnixListener::~UnixListener()
{
  if (!fd_)
    return;
  fd_.reset();
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_)
    ::unlink(path_.c_str());
}

} // namespace linger::serve
