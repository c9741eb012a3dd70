// A tree of the shape of /proc in a temporary directory, for tests.

#pragma once

#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/fsuid.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace linger::discover {

/// A directory that goes with this object.
class TemporaryDirectory {
public:
  TemporaryDirectory()
  {
    std::string name = (std::filesystem::temp_directory_path() / "linger-discover-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("mkdtemp failed");
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TemporaryDirectory()
  {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// While it lives this thread reads files as nobody does, even if the tests run as root.
class Unprivileged {
public:
  Unprivileged() { ::setfsuid(nobody); }
  ~Unprivileged() { ::setfsuid(::geteuid()); }
  Unprivileged(const Unprivileged &) = delete;
  Unprivileged &operator=(const Unprivileged &) = delete;

private:
  static constexpr uid_t nobody = 65534;
};

inline void write_file(const std::filesystem::path &path, std::string_view text)
{
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string joined_with_nul(const std::vector<std::string> &strings)
{
  std::string text;
  for (const std::string &string : strings)
    text.append(string).push_back('\0');
  return text;
}

/// What one process looks like.
struct FakeProcess {
  std::uint32_t tgid = 0;
  std::uint32_t parent_tgid = 1;
  std::string comm = "gunicorn";
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<std::uint64_t> sockets;
  std::uint32_t threads = 1;
  std::uint64_t start_ticks = 5000;
  std::string executable = "/usr/bin/python3.11";
  /// As the process sees it, below `FakeProc::root()`.
  std::string cwd = "/srv";
  std::string net_namespace = "net:[4026531840]";
  std::string cgroup = "0::/system.slice/shop.service\n";
};

class FakeProc {
public:
  FakeProc() { std::filesystem::create_directories(root() / "srv"); }

  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "proc"; }
  /// The root directory of every process.
  [[nodiscard]] std::filesystem::path root() const { return directory_.path() / "root"; }
  [[nodiscard]] std::filesystem::path of(std::uint32_t tgid) const
  {
    return path() / std::to_string(tgid);
  }

  void add(const FakeProcess &process)
  {
    const auto at = of(process.tgid);
    write_file(at / "cmdline", joined_with_nul(process.argv));
    write_file(at / "environ", joined_with_nul(process.environment));
    write_file(at / "cgroup", process.cgroup);
    write_file(at / "maps", "");
    write_file(at / "stat",
               fmt::format("{} ({}) S {} 1 1 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 {} 0 {} 1 2\n",
                           process.tgid, process.comm, process.parent_tgid, process.threads,
                           process.start_ticks));
    link(process.executable, at / "exe");
    link(root(), at / "root");
    link(root() / process.cwd.substr(1), at / "cwd");
    link(process.net_namespace, at / "ns" / "net");
    std::filesystem::create_directories(at / "fd");
    link("/dev/null", at / "fd" / "0");
    link("anon_inode:[eventpoll]", at / "fd" / "1");
    int fd = 5;
    for (const std::uint64_t inode : process.sockets)
      link(fmt::format("socket:[{}]", inode), at / "fd" / std::to_string(fd++));
    write_file(at / "net" / "tcp", with_heading(tcp_));
    write_file(at / "net" / "tcp6", with_heading(tcp6_));
    write_file(at / "net" / "unix", with_heading(unix_));
  }

  /// The sockets that processes added from now on see in their namespace.
  void listen_tcp(std::string_view hex_address, std::uint64_t inode)
  {
    tcp_ += tcp_line(hex_address, "0A", inode);
  }
  void listen_tcp6(std::string_view hex_address, std::uint64_t inode)
  {
    tcp6_ += tcp_line(hex_address, "0A", inode);
  }
  void connect_tcp(std::string_view hex_address, std::uint64_t inode)
  {
    tcp_ += tcp_line(hex_address, "01", inode);
  }
  void listen_unix(std::string_view socket_path, std::uint64_t inode)
  {
    unix_ += fmt::format("0000000000000000: 00000002 00000000 00010000 0001 01 {} {}\n", inode,
                         socket_path);
  }
  void forget_sockets() { tcp_ = tcp6_ = unix_ = ""; }

  static void link(const std::filesystem::path &target, const std::filesystem::path &at)
  {
    std::filesystem::create_directories(at.parent_path());
    std::filesystem::remove(at);
    std::filesystem::create_symlink(target, at);
  }

  static std::string tcp_line(std::string_view hex_address, std::string_view state,
                              std::uint64_t inode)
  {
    return fmt::format("   0: {} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0     "
                       "   0 {} 1 0000000000000000 100 0 0 10 0\n",
                       hex_address, state, inode);
  }

private:
  static std::string with_heading(std::string_view lines)
  {
    return fmt::format("  sl  local_address rem_address   st\n{}", lines);
  }

  TemporaryDirectory directory_;
  std::string tcp_;
  std::string tcp6_;
  std::string unix_;
};

} // namespace linger::discover
