// Answers of the kernel's socket diagnostics. The names of unix sockets are their owners' choice.

#include "discover/socket_diagnosis.h"
#include "fuzz/property.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  using namespace linger;
  using namespace linger::fuzz;

  const std::vector<std::byte> datagram(bytes_of(text_of(data, size)).begin(),
                                        bytes_of(text_of(data, size)).end());
  const auto diagnosis = discover::decode_diagnosis(datagram);
  if (!diagnosis) {
    must(!diagnosis.error().what.empty(), "a refusal has its sentence");
    return 0;
  }
  must(diagnosis->queues.size() * 16 <= size, "a queue has a message");
  for (const domain::ListenQueue &queue : diagnosis->queues)
    must(queue.address.find(':') != std::string::npos, "a queue has an address");
  return 0;
}
