#include "discover/gunicorn_settings.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::discover {
namespace {

std::string_view without_blanks(std::string_view text)
{
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// Reads settings with their defaults; every one that stays unknown leaves a gap.
class SettingReader {
public:
  SettingReader(const Configuration &configuration, std::vector<std::string> &gaps)
      : configuration_(configuration), gaps_(gaps)
  {
  }

  [[nodiscard]] std::optional<std::uint32_t> count(std::string_view name,
                                                   std::uint32_t default_value) const
  {
    return read<std::uint32_t>(name, default_value, count_in);
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view name,
                                                std::string default_value) const
  {
    return read<std::string>(name, std::move(default_value), [](std::string_view value) {
      return std::optional(std::string(without_blanks(value)));
    });
  }

  [[nodiscard]] std::optional<bool> flag(std::string_view name) const
  {
    return read<bool>(name, false, [](std::string_view value) -> std::optional<bool> {
      std::string lower(without_blanks(value));
      std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      if (lower != "true" && lower != "false")
        return std::nullopt;
      return lower == "true";
    });
  }

private:
  template <typename T, typename Decode>
  [[nodiscard]] std::optional<T> read(std::string_view name, T default_value, Decode decode) const
  {
    const auto found = configuration_.settings.find(name);
    const bool is_given = found != configuration_.settings.end();
    if (is_given && !found->second.is_computed && found->second.values.empty())
      return default_value; // None
    if (!is_given)
      return configuration_.is_complete ? std::optional(std::move(default_value)) : std::nullopt;
    const Setting &setting = found->second;
    if (setting.is_computed) {
      gaps_.push_back(fmt::format("{} is computed in {}: its value cannot be seen from outside",
                                  name, setting.source));
      return std::nullopt;
    }
    if (setting.values.size() == 1)
      if (auto value = decode(setting.values.front()))
        return value;
    gaps_.push_back(fmt::format("{} is \"{}\" in {}, which is no value that it can have", name,
                                fmt::join(setting.values, "\", \""), setting.source));
    return std::nullopt;
  }

  const Configuration &configuration_;
  std::vector<std::string> &gaps_;
};

/// Gunicorn takes its threaded worker where the synchronous one is asked for more than one thread.
void apply_worker_class(const SettingReader &read, domain::Server &server)
{
  const auto worker_class = read.text("worker_class", "sync");
  const auto threads = read.count("threads", 1);
  server.worker_class = worker_class.value_or("");
  server.threads_per_worker = std::max(threads.value_or(1), 1U);
  const bool is_sync = server.worker_class == "sync" || server.worker_class.ends_with("SyncWorker");
  if (is_sync && !threads)
    server.worker_class.clear();
  else if (is_sync && *threads > 1)
    server.worker_class = "gthread";

  const bool one_request_a_thread = server.worker_class.empty() || server.worker_class == "sync" ||
                                    server.worker_class == "gthread" ||
                                    server.worker_class.ends_with("SyncWorker") ||
                                    server.worker_class.ends_with("ThreadWorker");
  // Whose turn it is among greenlets is read off their sockets (bpf/lib/loop.bpf.h).
  const bool greenlets =
      domain::runs_event_loops(server) && server.worker_class.find("event") != std::string::npos;
  if (!one_request_a_thread && !greenlets)
    server.gaps.push_back(
        fmt::format("worker class {} serves several requests on one thread; what they wait for may "
                    "be shown at one another while several are open",
                    server.worker_class));
}

} // namespace

void Configuration::override_with(Settings &&other)
{
  // merge() keeps what is there already.
  other.merge(settings);
  settings = std::move(other);
}

void Configuration::add_gap(std::string sentence)
{
  gaps.push_back(std::move(sentence));
  is_complete = false;
}

std::optional<std::uint32_t> count_in(std::string_view text)
{
  text = without_blanks(text);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X'   ? 16
           : mark == 'o' || mark == 'O' ? 8
           : mark == 'b' || mark == 'B' ? 2
                                        : 10;
    if (base != 10)
      text.remove_prefix(2);
  }
  std::string digits;
  char previous = '_';
  for (const char c : text) {
    // 1_000 is a number, 1__000 and _1 are none.
    if (c == '_' && previous == '_')
      return std::nullopt;
    if (c != '_')
      digits += c;
    previous = c;
  }
  return previous == '_' ? std::nullopt : number_in<std::uint32_t>(digits, base);
}

void apply(const Configuration &configuration, domain::Server &server)
{
  server.gaps.insert(server.gaps.end(), configuration.gaps.begin(), configuration.gaps.end());
  const SettingReader read(configuration, server.gaps);

  apply_worker_class(read, server);
  const auto workers = read.count("workers", 1);
  server.workers_configured = workers.value_or(static_cast<std::uint32_t>(server.workers.size()));
  if (!workers)
    server.gaps.emplace_back("the number of workers configured is not known: that of those alive "
                             "stands in its place");
  server.timeout_seconds = read.count("timeout", 30).value_or(0);
  server.preload = read.flag("preload_app").value_or(false);
  server.max_requests = read.count("max_requests", 0).value_or(0);
  if (server.app.empty())
    server.app = read.text("wsgi_app", "").value_or("");
}

} // namespace linger::discover
