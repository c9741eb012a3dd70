#include "discover/process.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::discover {
namespace {

bool is_name(std::string_view text)
{
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !text.empty() && letters.find(text.front()) != std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) {
           return letters.find(c) != std::string_view::npos || (c >= '0' && c <= '9');
         });
}

} // namespace

Result<ProcessStat> decode_stat(std::string_view line)
{
  const auto malformed = [&] {
    return failure(Error::Kind::malformed,
                   fmt::format("no line of /proc/TGID/stat: \"{}\"", line.substr(0, 80)));
  };
  if (line.ends_with('\n'))
    line.remove_suffix(1);
  // comm may hold anything, ") R 1" included: it ends at the last parenthesis.
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
      open == 0 || line[open - 1] != ' ')
    return malformed();

  // Counted from state, which proc(5) numbers 3.
  constexpr std::size_t parent = 4 - 3, threads = 20 - 3, start = 22 - 3;
  const auto fields = words_of(line.substr(close + 1));
  if (fields.size() <= start)
    return malformed();
  const auto tgid = number_in<std::uint32_t>(line.substr(0, open - 1));
  const auto parent_tgid = number_in<std::uint32_t>(fields[parent]);
  const auto thread_count = number_in<std::uint32_t>(fields[threads]);
  const auto start_ticks = number_in<std::uint64_t>(fields[start]);
  if (!tgid || !parent_tgid || !thread_count || !start_ticks)
    return malformed();

  return ProcessStat{ .tgid = *tgid,
                      .comm = std::string(line.substr(open + 1, close - open - 1)),
                      .parent_tgid = *parent_tgid,
                      .threads = *thread_count,
                      .start_ticks = *start_ticks };
}

Result<ProcessStat> read_stat(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const auto text = read_text(directory_of(proc, tgid) / "stat");
  if (!text)
    return tl::unexpected(text.error());
  return decode_stat(*text);
}

Environment decode_environment(std::string_view bytes)
{
  Environment environment;
  for (const std::string &entry : split_at_nul(bytes)) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos && is_name(std::string_view(entry).substr(0, equals)))
      environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::uint32_t tgid_in_own_namespace(const std::filesystem::path &proc, std::uint32_t tgid)
{
  constexpr std::string_view key = "\nNSpid:";
  const auto status = read_text(directory_of(proc, tgid) / "status");
  if (!status)
    return tgid;
  const std::size_t begin = status->find(key);
  if (begin == std::string::npos)
    return tgid;
  const std::string_view rest = std::string_view(*status).substr(begin + key.size());
  // Outermost namespace first.
  const auto numbers = words_of(rest.substr(0, rest.find('\n')));
  return numbers.empty() ? tgid : number_in<std::uint32_t>(numbers.back()).value_or(tgid);
}

} // namespace linger::discover
