#include "decode/process_decoder.h"

#include "decode/record.h"

#include "wire/process_record.h"

namespace linger::decode {
namespace {

std::optional<domain::ProcessEvent::Kind> kind_of(std::uint32_t event)
{
  switch (event) {
    case PROCESS_STARTED:
      return domain::ProcessEvent::Kind::started;
    case PROCESS_EXECUTED:
      return domain::ProcessEvent::Kind::executed;
    case PROCESS_EXITED:
      return domain::ProcessEvent::Kind::exited;
    default:
      return std::nullopt;
  }
}

} // namespace

Result<domain::ProcessEvent> decode_process(std::span<const std::byte> bytes)
{
  const auto record = read_record<process_record>("process_record", bytes);
  if (!record)
    return tl::unexpected(record.error());
  const auto kind = kind_of(record->event);
  if (!kind)
    return malformed("process_record", "unknown event " + std::to_string(record->event));

  if (record->time_ns > most_time_ns)
    return malformed("process_record", "a time that cannot be");

  domain::ProcessEvent event;
  event.kind = *kind;
  event.time = time_of(record->time_ns);
  event.tgid = record->tgid;
  event.parent_tgid = record->parent_tgid;
  event.wait_status = record->wait_status;
  event.signal = record->signal;
  event.sender_tgid = record->sender_tgid;
  event.out_of_memory = record->out_of_memory != 0;
  return event;
}

} // namespace linger::decode
