// Records of allocations: sizes can be calculated with, and a possible record is accepted.

#include "decode/allocation_decoder.h"
#include "fuzz/property.h"

#include "wire/allocation_record.h"

#include <cmath>

using namespace linger;
using namespace linger::fuzz;

namespace {

void check(const Result<decode::SampledAllocation> &sampled)
{
  if (!sampled) {
    must(sampled.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    return;
  }
  const double bytes = domain::represented_bytes(sampled->allocation);
  must(std::isfinite(bytes), "an allocation stands for a number of bytes");
  must(bytes >= static_cast<double>(sampled->allocation.bytes), "it stands for itself at least");
  must(domain::sampling_variance(sampled->allocation) >= 0, "no variance is negative");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  check(decode::decode_allocation(bytes_of(text_of(data, size))));
  const auto freed = decode::decode_freed(bytes_of(text_of(data, size)));
  must(!freed || size == sizeof(freed_record), "only a whole record is accepted");

  auto record = record_from<allocation_record>(data, size);
  record.time_ns %= 1ULL << 60;
  record.size_bytes = record.size_bytes % (1ULL << 40) + 1;
  record.interval_bytes = record.interval_bytes % (1ULL << 30) + 1;
  record.stack.frames_count %= PYTHON_FRAMES + 1;
  record.stack.begin_ns %= 1ULL << 60;
  record.stack.role %= 2;
  const std::size_t bytes =
      offsetof(allocation_record, stack.frames) + record.stack.frames_count * sizeof(python_frame);
  const auto sampled = decode::decode_allocation(bytes_of_record(record).first(bytes));
  check(sampled);
  must(sampled.has_value(), "a possible record is accepted");
  return 0;
}
