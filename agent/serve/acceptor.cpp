#include "serve/acceptor.h"

#include "base/socket.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <grpcpp/server_posix.h>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

namespace linger::serve {

using namespace std::chrono_literals;

namespace {

/// nullopt where it is no open socket.
std::optional<ino_t> inode_of(int fd)
{
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode))
    return std::nullopt;
  return status.st_ino;
}

} // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(UnixListener listener, grpc::Server &server,
                                                  Access &access)
{
  UniqueFd stopping(::eventfd(0, EFD_CLOEXEC));
  if (!stopping)
    return failed("create an eventfd", errno);
  return std::unique_ptr<Acceptor>(
      new Acceptor(std::move(listener), std::move(stopping), server, access));
}

Acceptor::Acceptor(UnixListener listener, UniqueFd stopping, grpc::Server &server, Access &access)
    : listener_(std::move(listener)), stopping_(std::move(stopping)), server_(server),
      access_(access), thread_([this] { accept_all(); })
{
}

Acceptor::~Acceptor()
{
  stop();
}

void Acceptor::stop()
{
  if (!thread_.joinable())
    return;
  ::eventfd_write(stopping_.get(), 1);
  thread_.join();
}

void Acceptor::disconnect()
{
  for (const auto &[fd, inode] : accepted_)
    if (inode_of(fd) == inode)
      ::shutdown(fd, SHUT_RDWR);
}

void Acceptor::accept_all()
{
  std::array<pollfd, 2> watched{ { { listener_.fd(), POLLIN, 0 },
                                   { stopping_.get(), POLLIN, 0 } } };
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      return;
    if (watched[1].revents != 0)
      return;
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      access_.came(fd);
      if (const std::optional<ino_t> inode = inode_of(fd))
        accepted_.insert_or_assign(fd, *inode);
      grpc::AddInsecureChannelFromFd(&server_, fd); // owns it from here on
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      std::this_thread::sleep_for(50ms); // the connection stays queued: do not spin on it
    }
  }
}

} // namespace linger::serve
