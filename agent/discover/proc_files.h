// Small reads below /proc, where everything may vanish between two of them.

#pragma once

#include "base/result.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// The first `limit_bytes` of a file. A process that died, before the open or during the read, is
/// not_found.
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path &path,
                                            std::size_t limit_bytes = std::size_t{ 1 } << 20);

/// The target of a symbolic link, as text. Errors as read_text().
[[nodiscard]] Result<std::string> read_link(const std::filesystem::path &path);

/// The regular file `path` as the process `tgid` would open it: below its root directory, symbolic
/// links and ".." included, so that nothing outside of a container is read by a trick of its links.
/// Files longer than `limit_bytes` are refused as exhausted.
[[nodiscard]] Result<std::string> read_in_root_of(const std::filesystem::path &proc,
                                                  std::uint32_t tgid,
                                                  const std::filesystem::path &path,
                                                  std::size_t limit_bytes = std::size_t{ 1 } << 20);

/// The working directory of `tgid` as the process itself names it.
[[nodiscard]] Result<std::filesystem::path> working_directory_of(const std::filesystem::path &proc,
                                                                 std::uint32_t tgid);

/// Every process, ascending. Empty when `proc` cannot be listed.
[[nodiscard]] std::vector<std::uint32_t> list_tgids(const std::filesystem::path &proc);

/// PROC/TGID.
[[nodiscard]] std::filesystem::path directory_of(const std::filesystem::path &proc,
                                                 std::uint32_t tgid);

/// The whole of `text` as an unsigned number; nullopt for anything else, or when it does not fit.
template <typename T>
[[nodiscard]] std::optional<T> number_in(std::string_view text, int base = 10)
{
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// The words of `text` between runs of spaces and tabs.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

/// The strings of `text`, each ended by a NUL (the last one may lack it).
[[nodiscard]] std::vector<std::string> split_at_nul(std::string_view text);

} // namespace linger::discover
