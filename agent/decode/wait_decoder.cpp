#include "decode/wait_decoder.h"

#include "decode/record.h"
#include "decode/target.h"

#include "wire/wait_record.h"

namespace linger::decode {

Result<domain::Wait> decode_wait(std::span<const std::byte> bytes)
{
  const auto record = read_record<wait_record>("wait_record", bytes);
  if (!record)
    return tl::unexpected(record.error());
  const auto cause = cause_of(record->cause);
  if (!cause)
    return malformed("wait_record", "unknown cause " + std::to_string(record->cause));
  if (record->end_ns < record->begin_ns)
    return malformed("wait_record", "the wait ends before it begins");
  if (record->end_ns > most_time_ns)
    return malformed("wait_record", "a time that cannot be");

  domain::Wait wait;
  wait.tgid = record->tgid;
  wait.tid = record->tid;
  wait.request_sequence = record->sequence;
  wait.window = { time_of(record->begin_ns), time_of(record->end_ns) };
  wait.cause = *cause;
  wait.interleaved = (record->flags & WAIT_INTERLEAVED) != 0;
  wait.held_loop = (record->flags & WAIT_HELD_LOOP) != 0;
  wait.what = describe(record->target, record->syscall);
  return wait;
}

} // namespace linger::decode
