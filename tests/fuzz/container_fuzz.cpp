// The container's id in /proc/TGID/cgroup.

#include "discover/container.h"
#include "fuzz/property.h"

using namespace linger::discover;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  constexpr std::string_view id =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::string_view text = text_of(data, size);
  const std::string found = container_in(text);
  must(found.empty() || found.size() == 12, "an id is shown with 12 digits");
  must(found.find_first_not_of("0123456789abcdef") == found.npos, "an id has hexadecimal digits");
  must(text.find(found) != text.npos, "an id stands in the text");
  must(found.empty() || text.size() > 64, "an id has 64 digits");

  const std::string docker = "0::/system.slice/docker-" + std::string(id) + ".scope\n";
  must(container_in(docker + std::string(text)) == id.substr(0, 12), "the first container counts");
  return 0;
}
