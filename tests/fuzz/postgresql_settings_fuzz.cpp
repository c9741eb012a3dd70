// postgresql.conf, a server's command line, and the titles of its processes.

#include "discover/postgresql_settings.h"
#include "fuzz/property.h"

using namespace linger::discover;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  PostgresqlSettings settings;
  for (const PostgresqlLine &line : postgresql_lines(text)) {
    must(!line.name.empty(), "a line has a name");
    must(line.value.size() <= text.size(), "nothing is made up");
    take(settings, line);
  }
  settings.override_with(postgresql_settings_in({ "postgres", "-c", std::string(text) }));
  settings.override_with(postgresql_settings_in({ "postgres", std::string(text) }));
  must(settings.ordinary_connections() <= settings.max_connections.value_or(100),
       "what is reserved only takes away");
  if (serves_client(text))
    must(text.starts_with("postgres: "), "a title is the server's");
  return 0;
}
