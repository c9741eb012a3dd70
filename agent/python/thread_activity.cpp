#include "python/thread_activity.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace linger::python {
namespace {

namespace fs = std::filesystem;

/// What stands behind "NAME:" and its blanks at the beginning of a line; of the comm, which comes
/// first, only the kernel's own escapes are in front.
std::optional<std::string_view> field(std::string_view status, std::string_view name)
{
  std::size_t begin = 0;
  while (begin < status.size()) {
    const std::string_view line = status.substr(begin, status.find('\n', begin) - begin);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
      return value == std::string_view::npos ? std::string_view{} : line.substr(value);
    }
    begin += line.size() + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text)
{
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

} // namespace

Result<ThreadActivity> activity_in(std::string_view status, std::uint32_t tid)
{
  const auto state = field(status, "State");
  const auto voluntary = number(field(status, "voluntary_ctxt_switches"));
  const auto involuntary = number(field(status, "nonvoluntary_ctxt_switches"));
  if (!state || state->empty() || !voluntary || !involuntary)
    return failure(Error::Kind::malformed,
                   fmt::format("the status of thread {} is cut short", tid));
  return ThreadActivity{ .tid = tid,
                         .runnable = state->front() == 'R',
                         .ended = state->front() == 'Z' || state->front() == 'X',
                         .switches = *voluntary + *involuntary };
}

Result<std::vector<ThreadActivity>> activity_of(const fs::path &proc, std::uint32_t tgid)
{
  const fs::path tasks = proc / std::to_string(tgid) / "task";
  std::vector<ThreadActivity> threads;
  std::error_code error;
  for (fs::directory_iterator task(tasks, error), end; !error && task != end;
       task.increment(error)) {
    const std::string name = task->path().filename().string();
    std::uint32_t tid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), tid).ec != std::errc{})
      continue;
    std::ifstream file(task->path() / "status");
    std::stringstream text;
    text << file.rdbuf();
    // One that ends meanwhile is missing, which the comparison shows.
    if (const auto activity = activity_in(text.view(), tid); activity && !activity->ended)
      threads.push_back(*activity);
  }
  if (threads.empty())
    return failure(Error::Kind::not_found, fmt::format("process {} has ended", tgid));
  std::ranges::sort(threads);
  return threads;
}

bool is_idle(const std::vector<ThreadActivity> &threads)
{
  return std::ranges::none_of(threads, &ThreadActivity::runnable);
}

bool stayed_idle(const std::vector<ThreadActivity> &before,
                 const std::vector<ThreadActivity> &after)
{
  return is_idle(before) && before == after;
}

} // namespace linger::python
