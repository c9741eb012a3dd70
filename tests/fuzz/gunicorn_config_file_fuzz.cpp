// Gunicorn's configuration file and what its settings come to: what is not known is said.

#include "discover/gunicorn_config_file.h"
#include "discover/gunicorn_settings.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

constexpr std::string_view path = "/srv/gunicorn.conf.py";

bool is_told(const linger::domain::Server &server, std::string_view name)
{
  return std::ranges::any_of(server.gaps,
                             [name](const std::string &gap) { return gap.starts_with(name); });
}

void check_file(std::string_view source)
{
  const Configuration configuration = decode_config_file(source, path);
  must(configuration.is_complete == configuration.gaps.empty(), "what is missing is said");
  for (const auto &[name, setting] : configuration.settings) {
    must(setting.source.starts_with(path), "a setting has its source");
    must(!setting.is_computed || setting.values.empty(), "what is computed has no value");
  }

  linger::domain::Server server;
  apply(configuration, server);
  must(server.threads_per_worker >= 1, "a worker has a thread");
  for (const char *name : { "workers", "timeout", "preload_app", "max_requests", "wsgi_app" }) {
    const auto found = configuration.settings.find(name);
    must(found == configuration.settings.end() || !found->second.is_computed ||
             is_told(server, name),
         "a computed setting leaves a gap");
  }
}

/// A plain assignment in front of anything is read, or something after it may change it.
void check_assignment_in_front(std::string_view source)
{
  const Configuration configuration =
      decode_config_file("workers = 7\n" + std::string(source), path);
  const auto workers = configuration.settings.find("workers");
  if (source.find('\0') != source.npos) {
    must(configuration.settings.empty() && !configuration.is_complete, "binary files are no text");
    return;
  }
  must(workers != configuration.settings.end(), "what was assigned is not forgotten");
  if (source.find("workers") == source.npos && configuration.is_complete)
    must(workers->second.values == std::vector<std::string>{ "7" }, "a plain assignment is read");
}

void check_count(std::string_view text)
{
  const auto count = count_in(text);
  must(!count || count_in(std::to_string(*count)) == count, "a count, written down, is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check_file(text);
  check_assignment_in_front(text);
  check_count(text);
  return 0;
}
