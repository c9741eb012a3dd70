// What names a pod: its directory of logs, a NUL, and /proc/TGID/mountinfo.

#include "discover/container.h"
#include "discover/pod.h"
#include "fuzz/property.h"

#include <algorithm>

using namespace linger::discover;
using namespace linger::fuzz;

namespace {

bool is_plain(std::string_view name)
{
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  constexpr std::string_view uid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
  const std::string_view text = text_of(data, size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const std::string_view directory = text.substr(0, cut);
  if (const auto pod = pod_logs_named(directory)) {
    must(pod->pod_namespace + "_" + pod->pod + "_" + pod->uid == directory,
         "the three are the whole name");
    must(is_plain(pod->pod_namespace) && is_plain(pod->pod) && is_pod_uid(pod->uid),
         "names are as Kubernetes allows them");
  }
  const std::string workload = workload_of(directory);
  must(directory.starts_with(workload), "a pod's name begins with its workload's");
  must(directory.empty() || !workload.empty(), "a workload has a name");

  const std::string name = container_name_in(text.substr(std::min(cut + 1, text.size())), uid);
  must(is_plain(name) && name.size() <= 63, "a container's name is as Kubernetes allows it");
  must(text.find(name) != text.npos, "it stands in the text");
  return 0;
}
