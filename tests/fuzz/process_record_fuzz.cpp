// Records of processes that come and go.

#include "decode/process_decoder.h"
#include "fuzz/property.h"

#include "wire/process_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

void check(const Result<domain::ProcessEvent> &event, const process_record &record)
{
  const bool known = record.event >= PROCESS_STARTED && record.event <= PROCESS_EXITED;
  if (!event) {
    must(event.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    return;
  }
  must(known, "an unknown event is refused");
  must(event->time.time_since_epoch() >= domain::Nanos::zero(), "time is not negative");
  must(event->tgid == record.tgid && event->parent_tgid == record.parent_tgid,
       "a process keeps its numbers");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  auto record = record_from<process_record>(data, size);
  const auto raw = decode::decode_process(bytes_of(text_of(data, size)));
  check(raw, record);
  must(!raw || size == sizeof record, "only a whole record is accepted");

  record.time_ns %= 1ULL << 60;
  record.event = PROCESS_STARTED + record.event % PROCESS_EXITED;
  const auto event = decode::decode_process(bytes_of_record(record));
  check(event, record);
  must(event.has_value(), "a possible record is accepted");
  return 0;
}
