#include "discover/listening_sockets.h"

#include "base/socket.h"
#include "discover/proc_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fmt/format.h>
#include <fstream>
#include <memory>

namespace linger::discover {
namespace {

/// "0100007F:1F40" or four such words: the kernel prints each 32-bit word of the address, which is
/// in network order, as a number of its own order.
std::optional<ListeningSocket> endpoint_in(std::string_view text)
{
  constexpr std::size_t word_digits = 8, ipv4_words = 1, ipv6_words = 4;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  const std::size_t word_count = colon / word_digits;
  if (colon % word_digits != 0 || (word_count != ipv4_words && word_count != ipv6_words))
    return std::nullopt;
  const auto port = number_in<std::uint16_t>(text.substr(colon + 1), 16);
  if (!port)
    return std::nullopt;

  std::array<std::uint32_t, ipv6_words> address{};
  for (std::size_t i = 0; i < word_count; ++i) {
    const auto word = number_in<std::uint32_t>(text.substr(i * word_digits, word_digits), 16);
    if (!word)
      return std::nullopt;
    address[i] = *word;
  }
  const bool is_ipv4 = word_count == ipv4_words;
  std::array<char, INET6_ADDRSTRLEN> shown{};
  ::inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address.data(), shown.data(), shown.size());
  const std::string host = is_ipv4 ? shown.data() : fmt::format("[{}]", shown.data());
  return ListeningSocket{ fmt::format("{}:{}", host, *port), *port };
}

/// Gathers what `decode` makes of each line; with `listening_first`, up to the first one that it
/// refuses. False when the file cannot be opened.
template <typename Decode>
bool read_lines(const std::filesystem::path &path, bool listening_first, Decode decode,
                ListeningSockets &sockets)
{
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) // the heading
    return file.is_open();
  while (std::getline(file, line)) {
    auto socket = decode(line);
    if (socket)
      sockets.insert(std::move(*socket));
    else if (listening_first)
      break;
  }
  return true;
}

} // namespace

std::optional<std::pair<std::uint64_t, ListeningSocket>> decode_tcp_line(std::string_view line)
{
  constexpr std::size_t local = 1, state = 3, inode = 9;
  const auto words = words_of(line);
  if (words.size() <= inode || words[state] != "0A")
    return std::nullopt;
  auto socket = endpoint_in(words[local]);
  const auto number = number_in<std::uint64_t>(words[inode]);
  if (!socket || !number)
    return std::nullopt;
  return std::pair{ *number, std::move(*socket) };
}

std::optional<std::pair<std::uint64_t, ListeningSocket>> decode_unix_line(std::string_view line)
{
  constexpr std::size_t flags = 3, inode = 6, path = 7;
  constexpr std::uint32_t accepting = 0x10000; // __SO_ACCEPTCON
  const auto words = words_of(line);
  if (words.size() <= path)
    return std::nullopt;
  const auto flag_bits = number_in<std::uint32_t>(words[flags], 16);
  const auto number = number_in<std::uint64_t>(words[inode]);
  if (!flag_bits || (*flag_bits & accepting) == 0 || !number)
    return std::nullopt;
  // The path is the rest of the line: it may hold blanks.
  const auto path_begin = static_cast<std::size_t>(words[path].data() - line.data());
  return std::pair{ *number, ListeningSocket{ fmt::format("unix:{}", line.substr(path_begin)) } };
}

std::optional<ListeningSockets> read_listening_sockets(const std::filesystem::path &proc,
                                                       std::uint32_t tgid)
{
  ListeningSockets sockets;
  const auto net = directory_of(proc, tgid) / "net";
  // The kernel lists the listening TCP sockets in front of all others (tcp_seq_start), so the
  // thousands of connections of a busy host need not be read.
  bool seen = read_lines(net / "tcp", true, decode_tcp_line, sockets);
  seen = read_lines(net / "tcp6", true, decode_tcp_line, sockets) || seen;
  seen = read_lines(net / "unix", false, decode_unix_line, sockets) || seen;
  return seen ? std::optional(std::move(sockets)) : std::nullopt;
}

Result<std::vector<std::uint64_t>> socket_inodes_of(const std::filesystem::path &proc,
                                                    std::uint32_t tgid, std::size_t limit)
{
  constexpr std::string_view prefix = "socket:[";
  const auto path = directory_of(proc, tgid) / "fd";
  const std::unique_ptr<DIR, int (*)(DIR *)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory)
    return failed("list " + path.string(), errno == ESRCH ? ENOENT : errno);

  std::vector<std::uint64_t> inodes;
  std::size_t count = 0;
  while (const dirent *entry = ::readdir(directory.get())) {
    if (entry->d_name[0] == '.')
      continue;
    if (++count > limit)
      break;
    std::array<char, 64> target{};
    const ssize_t length =
        ::readlinkat(::dirfd(directory.get()), entry->d_name, target.data(), target.size());
    if (length < 0)
      continue; // closed meanwhile
    std::string_view text(target.data(), static_cast<std::size_t>(length));
    if (!text.starts_with(prefix) || !text.ends_with(']'))
      continue;
    text.remove_prefix(prefix.size());
    text.remove_suffix(1);
    if (const auto inode = number_in<std::uint64_t>(text))
      inodes.push_back(*inode);
  }
  std::ranges::sort(inodes);
  inodes.erase(std::unique(inodes.begin(), inodes.end()), inodes.end());
  return inodes;
}

} // namespace linger::discover
