// The container and its pod in /proc/TGID/cgroup.

#include "discover/container.h"
#include "fuzz/property.h"

#include <algorithm>
#include <array>

using namespace linger;
using namespace linger::discover;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  constexpr std::string_view id =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  constexpr std::array<std::string_view, 5> runtimes{ "", "containerd", "cri-o", "docker",
                                                      "podman" };
  const std::string_view text = text_of(data, size);
  const domain::Container found = container_in(text);
  must(found.id.empty() || found.id.size() == 12, "an id is shown with 12 digits");
  must(found.id.find_first_not_of("0123456789abcdef") == found.id.npos,
       "an id has hexadecimal digits");
  must(text.find(found.id) != text.npos, "an id stands in the text");
  must(found.id.empty() || text.size() > 64, "an id has 64 digits");
  must(std::ranges::find(runtimes, found.runtime) != runtimes.end(), "a runtime is one we know");
  must(found.pod_uid.empty() || is_pod_uid(found.pod_uid), "a pod has a uid");
  must(!found.id.empty() || found == domain::Container{}, "nothing is known of no container");

  const std::string docker = "0::/system.slice/docker-" + std::string(id) + ".scope\n";
  const domain::Container first = container_in(docker + std::string(text));
  must(first.id == id.substr(0, 12) && first.runtime == "docker", "the first container counts");
  return 0;
}
