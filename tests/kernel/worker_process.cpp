#include "kernel/worker_process.h"

#include "base/socket.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace linger {

WorkerProcess::WorkerProcess(const std::function<void()> &body) : tgid_(::fork())
{
  if (tgid_ != 0)
    return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  body();
  std::_Exit(0);
}

WorkerProcess::~WorkerProcess()
{
  if (tgid_ <= 0)
    return;
  ::kill(tgid_, SIGKILL);
  join();
}

void WorkerProcess::join()
{
  ::waitpid(tgid_, nullptr, 0);
  tgid_ = -1;
}

Listener::Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<sockaddr *>(&address), size) != 0 || ::listen(fd_, 128) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size) != 0)
    throw std::runtime_error("no socket to listen on");
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

Listener::Listener(const std::string &path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), address_("unix:" + path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ::unlink(path.c_str());
  if (::bind(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 ||
      ::listen(fd_, 128) != 0)
    throw std::runtime_error("cannot listen on " + path);
}

Listener::~Listener()
{
  ::close(fd_);
  if (address_.starts_with("unix:"))
    ::unlink(address_.c_str() + 5);
}

int Listener::connect() const
{
  if (address_.starts_with("unix:")) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, address_.c_str() + 5, sizeof address.sun_path - 1);
    if (::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to " + address_);
    return fd;
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address_.substr(address_.rfind(':') + 1))));
  if (::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + address_);
  return fd;
}

bool send_text(int fd, const std::string &text)
{
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

std::string receive_response(int fd)
{
  std::string received;
  std::array<char, 4096> chunk;
  while (!received.ends_with("ok")) {
    const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (count <= 0)
      break;
    received.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return received;
}

std::string ask(const Listener &listener, const std::string &request)
{
  const int fd = listener.connect();
  send_text(fd, request);
  std::string received;
  std::array<char, 4096> chunk;
  for (ssize_t count = 0; (count = ::recv(fd, chunk.data(), chunk.size(), 0)) > 0;)
    received.append(chunk.data(), static_cast<std::size_t>(count));
  ::close(fd);
  return received;
}

void serve_one_at_a_time(const Listener &listener,
                         const std::function<void(int fd, const std::string &request)> &handle)
{
  for (;;) {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    std::array<char, 8192> buffer;
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count > 0)
      handle(fd, std::string(buffer.data(), static_cast<std::size_t>(count)));
    ::close(fd);
  }
}

void answer_after(const Listener &peer, std::chrono::milliseconds delay)
{
  for (;;) {
    const int fd = ::accept4(peer.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::thread([fd, delay] {
      std::array<char, 256> buffer;
      while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
        std::this_thread::sleep_for(delay);
        send_text(fd, "x");
      }
      ::close(fd);
    }).detach();
  }
}

} // namespace linger
