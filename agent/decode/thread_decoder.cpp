#include "decode/thread_decoder.h"

#include "decode/http_head.h"
#include "decode/record.h"
#include "decode/request_path.h"
#include "decode/uwsgi_vars.h"

#include "wire/thread_record.h"

#include <algorithm>

namespace linger::decode {
namespace {

/// Nine years: the sum of all causes stays in 64 bits.
constexpr std::uint64_t most_spent_ns = 1ULL << 58;

} // namespace

Result<Thread> decode_thread(std::span<const std::byte> bytes)
{
  const auto record = read_record<thread_record>("thread_record", bytes);
  if (!record)
    return tl::unexpected(record.error());
  const auto cause = cause_of(record->cause);
  if (!cause)
    return malformed("thread_record", "unknown cause " + std::to_string(record->cause));
  if (record->since_ns < record->born_ns)
    return malformed("thread_record", "the ledger ends before it begins");
  if (std::max<std::uint64_t>(record->since_ns, record->request_begin_ns) > most_time_ns ||
      std::ranges::any_of(record->spent_ns, [](auto spent_ns) { return spent_ns > most_spent_ns; }))
    return malformed("thread_record", "a time that cannot be");

  Thread thread;
  thread.thread_pointer = record->thread_pointer;
  thread.life = { time_of(record->born_ns), time_of(record->since_ns) };
  for (const domain::Cause each : domain::all_causes())
    thread.ledger[each] = nanos_of(record->spent_ns[static_cast<std::size_t>(each)]);

  domain::ThreadSample &sample = thread.sample;
  sample.tgid = record->tgid;
  sample.tid = record->tid;
  sample.cause = *cause;
  sample.since = time_of(record->since_ns);
  sample.lock = record->lock_address;
  sample.lock_shared = (record->flags & THREAD_LOCK_SHARED) != 0;
  sample.request_open = (record->flags & THREAD_REQUEST_OPEN) != 0;
  if (!sample.request_open)
    return thread;
  for (std::size_t i = 0; i < std::min<std::size_t>(record->asked_count, ASKED_SOCKETS); ++i)
    thread.asked.emplace_back(record->asked[i].socket, record->asked[i].port);
  thread.connection_closed = (record->flags & THREAD_CONNECTION_CLOSED) != 0;
  sample.response_begun = (record->flags & THREAD_RESPONSE_BEGUN) != 0;
  sample.request_begin = time_of(record->request_begin_ns);
  sample.request_sequence = record->sequence;
  const std::size_t head_bytes = std::min<std::size_t>(record->head_bytes, REQUEST_HEAD_BYTES);
  const auto head = std::as_bytes(std::span(record->head).first(head_bytes));
  const auto line =
      (record->flags & THREAD_UWSGI) != 0 ? decode_uwsgi_vars(head) : decode_request_line(head);
  sample.method = line ? line->method : "-";
  sample.path = !line ? "" : line->path_truncated ? cut_path(line->path) : line->path;
  return thread;
}

} // namespace linger::decode
