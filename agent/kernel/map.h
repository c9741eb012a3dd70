#pragma once

#include "base/result.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linger::kernel {

/// One loaded BPF map, seen as `Key` -> `Value`. Does not own it: the Probe does.
template <typename Key, typename Value>
class Map {
public:
  explicit Map(const bpf_map &map) : fd_(bpf_map__fd(&map)), name_(bpf_map__name(&map)) {}

  [[nodiscard]] Result<> put(const Key &key, const Value &value)
  {
    if (bpf_map_update_elem(fd_, &key, &value, BPF_ANY) != 0)
      return failed("write the map " + name_, errno);
    return {};
  }

  [[nodiscard]] std::optional<Value> find(const Key &key) const
  {
    Value value{};
    if (bpf_map_lookup_elem(fd_, &key, &value) != 0)
      return std::nullopt;
    return value;
  }

  /// What stands in it while it is walked: entries that come or go meanwhile may be missed.
  [[nodiscard]] std::vector<std::pair<Key, Value>> entries() const
  {
    std::vector<std::pair<Key, Value>> found;
    Key key{};
    const Key *before = nullptr;
    while (bpf_map_get_next_key(fd_, before, &key) == 0) {
      if (const auto value = find(key))
        found.emplace_back(key, *value);
      before = &key;
    }
    return found;
  }

  void erase(const Key &key) { bpf_map_delete_elem(fd_, &key); }

private:
  int fd_;
  std::string name_;
};

/// The value of `index` in a per-CPU array of 64-bit counters, summed over the CPUs.
[[nodiscard]] inline std::uint64_t sum_over_cpus(const bpf_map &map, std::uint32_t index)
{
  std::vector<std::uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map_lookup_elem(bpf_map__fd(&map), &index, values.data()) != 0)
    return 0;
  std::uint64_t sum = 0;
  for (const std::uint64_t value : values)
    sum += value;
  return sum;
}

} // namespace linger::kernel
