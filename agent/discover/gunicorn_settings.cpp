#include "discover/gunicorn_settings.h"

#include "discover/server_facts.h"

#include <algorithm>
#include <string>

namespace linger::discover {
namespace {

std::optional<bool> flag_in(std::string_view value)
{
  std::string lower(without_blanks(value));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower != "true" && lower != "false")
    return std::nullopt;
  return lower == "true";
}

/// Gunicorn takes its threaded worker where the synchronous one is asked for more than one thread.
void apply_worker_class(const SettingReader &read, domain::Server &server)
{
  const auto worker_class = read.text("worker_class", "sync");
  const auto threads = read.read<std::uint32_t>("threads", 1, count_in);
  server.worker_class = worker_class.value_or("");
  server.threads_per_worker = std::max(threads.value_or(1), 1U);
  const bool is_sync = server.worker_class == "sync" || server.worker_class.ends_with("SyncWorker");
  if (is_sync && !threads)
    server.worker_class.clear();
  else if (is_sync && *threads > 1)
    server.worker_class = "gthread";

  if (auto gap = gap_of_requests(server))
    server.gaps.push_back(std::move(*gap));
}

} // namespace

void apply(const Configuration &configuration, domain::Server &server)
{
  server.gaps.insert(server.gaps.end(), configuration.gaps.begin(), configuration.gaps.end());
  const SettingReader read(configuration, server.gaps);

  apply_worker_class(read, server);
  const auto workers = read.read<std::uint32_t>("workers", 1, count_in);
  server.workers_configured = workers.value_or(static_cast<std::uint32_t>(server.workers.size()));
  if (!workers)
    server.gaps.emplace_back("the number of workers configured is not known: that of those alive "
                             "stands in its place");
  server.timeout_seconds = read.read<std::uint32_t>("timeout", 30, count_in).value_or(0);
  server.preload = read.read<bool>("preload_app", false, flag_in).value_or(false);
  server.max_requests = read.read<std::uint32_t>("max_requests", 0, count_in).value_or(0);
  if (server.app.empty())
    server.app = read.text("wsgi_app", "").value_or("");
}

} // namespace linger::discover
