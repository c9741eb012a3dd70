#include "app/config.h"

#include "app/config_keys.h"
#include "app/exit_status.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <toml++/toml.h>

namespace linger::app {
namespace {

tl::unexpected<Error> at_line(std::string_view name, const toml::source_region &source,
                              std::string_view what)
{
  return failure(Error::Kind::usage, fmt::format("{}:{}: {}", name, source.begin.line, what));
}

Result<> read_key(Config &config, std::string_view section, const toml::key &key,
                  const toml::node &value, std::string_view name)
{
  const std::string full_name = fmt::format("{}.{}", section, key.str());
  const ConfigKey *known = config_key_named(section, key.str());
  if (!known)
    return at_line(name, key.source(), fmt::format("unknown key {}", full_name));
  if (const Result<> set = known->set(config, value); !set)
    return at_line(name, value.source(), fmt::format("{}: {}", full_name, set.error().what));
  return {};
}

Result<> read_section(Config &config, const toml::key &section, const toml::node &value,
                      std::string_view name)
{
  const auto known = std::ranges::find(config_keys(), section.str(), &ConfigKey::section);
  if (known == config_keys().end())
    return at_line(name, section.source(), fmt::format("unknown key {}", section.str()));
  const toml::table *keys = value.as_table();
  if (!keys)
    return at_line(name, section.source(), fmt::format("{} must be a table", section.str()));
  for (const auto &[key, node] : *keys) {
    if (const Result<> read = read_key(config, section.str(), key, node, name); !read)
      return read;
  }
  return {};
}

Result<toml::table> parse_toml(std::string_view text, std::string_view name)
{
  // toml++ throws; no exception crosses our functions.
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error &error) {
    return at_line(name, error.source(), error.description());
  }
}

Result<std::string> read_file(const std::string &path)
{
  const std::string doing = "read the configuration " + path;
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file{ std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose };
  if (!file)
    return failed(doing, errno);
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), file.get()))
    text.append(part.data(), size);
  if (std::ferror(file.get()))
    return failed(doing, errno);
  return text;
}

} // namespace

Result<Config> parse_config(std::string_view text, std::string_view name)
{
  const Result<toml::table> document = parse_toml(text, name);
  if (!document)
    return tl::unexpected(document.error());

  Config config;
  for (const auto &[section, value] : *document) {
    if (const Result<> read = read_section(config, section, value, name); !read)
      return tl::unexpected(read.error());
  }
  return config;
}

Result<Config> read_config(const std::string &path)
{
  const Result<std::string> text = read_file(path);
  if (!text)
    return tl::unexpected(about_named_file(text.error()));
  return parse_config(*text, path);
}

Result<std::uint32_t> checked_ring_buffer_bytes(std::int64_t bytes)
{
  constexpr std::int64_t smallest = 4096;
  constexpr std::int64_t largest = 1 << 30;
  if (bytes < smallest || bytes > largest ||
      !std::has_single_bit(static_cast<std::uint64_t>(bytes)))
    return failure(Error::Kind::usage,
                   fmt::format("{} is no size for a ring buffer: it must be a power of two from {} "
                               "to {} bytes",
                               bytes, smallest, largest));
  return static_cast<std::uint32_t>(bytes);
}

std::optional<domain::MemoryTier> escalation_named(std::string_view name)
{
  if (name == "growth")
    return domain::MemoryTier::growth;
  if (name == "census")
    return domain::MemoryTier::census;
  if (name == "allocations")
    return domain::MemoryTier::allocations;
  return std::nullopt;
}

} // namespace linger::app
