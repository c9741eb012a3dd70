// uWSGI's command line, environment and .ini files: every option has its source, and what is not
// known is said.

#include "discover/proc_files.h"
#include "discover/uwsgi_configuration.h"
#include "discover/uwsgi_options.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

constexpr std::string_view path = "/srv/app.ini";

void check_ini(std::string_view text)
{
  for (const UwsgiOption &option : decode_uwsgi_ini(text, "uwsgi", path)) {
    must(option.source.starts_with(path), "an option has its source");
    must(!option.value.empty(), "a flag is true");
    must(text.find(option.name) != text.npos, "an option stands in the file");
  }
  if (text.find('[') == text.npos)
    must(decode_uwsgi_ini(text, "uwsgi", path).empty(), "without a section there is no option");
  const auto with_one_more =
      decode_uwsgi_ini(std::string(text) + "\n[last]\nprocesses = 7\n", "last", path);
  must(!with_one_more.empty() && with_one_more.back().value == "7", "what stands last is read");
}

void check_launch(std::string_view text)
{
  UwsgiLaunch launch;
  launch.arguments = split_at_nul(text);
  launch.environment = decode_environment(text);
  const Configuration configuration = gather_uwsgi_configuration("/nonexistent", 1, launch);
  must(configuration.is_complete == configuration.gaps.empty(), "what is missing is said");

  linger::domain::Server server;
  apply_uwsgi(configuration, server);
  must(server.threads_per_worker >= 1, "a worker has a thread");
  for (const auto &[name, setting] : configuration.settings)
    must(!setting.is_computed || setting.values.empty(), "what is computed has no value");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check_ini(text);
  check_launch(text);
  return 0;
}
