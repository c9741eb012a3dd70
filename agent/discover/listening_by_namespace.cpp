#include "discover/listening_by_namespace.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace linger::discover {

void ListeningByNamespace::begin_look(domain::MonotonicTime now)
{
  now_ = now;
  refreshed_ = 0;
  const auto is_old = [now](const auto &entry) {
    return now - entry.second.asked_at > keep_interval;
  };
  std::erase_if(namespaces_, is_old);
  std::erase_if(silent_, is_old);
}

const ListeningSockets *ListeningByNamespace::of(std::uint32_t tgid)
{
  const Namespace *const known = namespace_of(tgid);
  return known == nullptr ? nullptr : &known->sockets;
}

std::optional<std::vector<std::uint64_t>>
ListeningByNamespace::listening_among(std::uint32_t tgid, std::vector<std::uint64_t> inodes)
{
  Namespace *const known = namespace_of(tgid);
  if (known == nullptr)
    return std::nullopt;
  const auto listening = [&] {
    std::vector<std::uint64_t> found;
    std::ranges::copy_if(inodes, std::back_inserter(found),
                         [known](std::uint64_t inode) { return known->sockets.contains(inode); });
    return found;
  };
  std::vector<std::uint64_t> found = listening();
  if (!found.empty()) {
    silent_.erase(tgid);
    return found;
  }
  Silent &silent = silent_.try_emplace(tgid, Silent{ .since = now_ }).first->second;
  silent.asked_at = now_;
  const domain::Nanos patience =
      std::min<domain::Nanos>((now_ - silent.since) / patience_part, refresh_interval);
  if (known->read_at == now_ || now_ - known->read_at < patience)
    return found;
  read_again(*known, tgid);
  return listening();
}

ListeningByNamespace::Namespace *ListeningByNamespace::namespace_of(std::uint32_t tgid)
{
  const auto link = read_link(directory_of(proc_, tgid) / "ns" / "net");
  if (!link && link.error().kind != Error::Kind::not_found)
    return nullptr;
  auto known = namespaces_.find(link.value_or(""));
  if (known == namespaces_.end()) {
    if (namespaces_.size() >= max_namespaces)
      return nullptr;
    auto sockets = read_listening_sockets(proc_, tgid);
    if (!sockets)
      return nullptr;
    ++reads_;
    known = namespaces_
                .emplace(link.value_or(""),
                         Namespace{ .sockets = std::move(*sockets), .read_at = now_ })
                .first;
  } else if (now_ - known->second.read_at >= refresh_interval && refreshed_ < max_refreshed) {
    ++refreshed_;
    read_again(known->second, tgid);
  }
  known->second.asked_at = now_;
  return &known->second;
}

void ListeningByNamespace::read_again(Namespace &known, std::uint32_t tgid)
{
  ++reads_;
  known.read_at = now_;
  // Of a process that has just gone nothing can be read: what was known stands.
  if (auto sockets = read_listening_sockets(proc_, tgid))
    known.sockets = std::move(*sockets);
}

} // namespace linger::discover
