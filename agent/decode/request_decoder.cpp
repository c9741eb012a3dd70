#include "decode/request_decoder.h"

#include "decode/http_head.h"
#include "decode/mod_wsgi_vars.h"
#include "decode/record.h"
#include "decode/request_path.h"
#include "decode/uwsgi_vars.h"

#include "wire/request_record.h"

#include <bit>

namespace linger::decode {
namespace {

static_assert(CAUSE_COUNT == domain::cause_count, "wire/cause.h and domain/cause.h differ");
static_assert(CAUSE_IDLE == static_cast<int>(domain::Cause::idle));
static_assert(CAUSE_GIL == static_cast<int>(domain::Cause::gil));
static_assert(CAUSE_CACHE - CAUSE_DATABASE == CALLS_CACHE &&
              CAUSE_UPSTREAM - CAUSE_DATABASE == CALLS_UPSTREAM &&
              CAUSE_DNS - CAUSE_DATABASE == CALLS_DNS);

constexpr std::size_t fixed_bytes = offsetof(request_record, spent_ns);

/// What was packed, laid out again.
Result<request_record> unpack(std::span<const std::byte> bytes)
{
  request_record record{};
  if (bytes.size() < fixed_bytes)
    return malformed("request_record", "impossible size " + std::to_string(bytes.size()));
  std::memcpy(&record, bytes.data(), fixed_bytes);
  if (record.causes >> (CAUSE_COUNT + 1) != 0)
    return malformed("request_record", "states a cause that there is not");
  if (record.response_bytes > RESPONSE_HEAD_BYTES || record.head_bytes > REQUEST_HEAD_BYTES)
    return malformed("request_record", "states " + std::to_string(record.response_bytes) +
                                           " response and " + std::to_string(record.head_bytes) +
                                           " head bytes");
  const std::size_t spent_bytes =
      static_cast<std::size_t>(std::popcount(record.causes)) * sizeof(std::uint64_t);
  const std::size_t packed_bytes =
      fixed_bytes + spent_bytes + record.response_bytes + record.head_bytes;
  if (bytes.size() != packed_bytes)
    return malformed("request_record", "states " + std::to_string(packed_bytes) + " bytes, has " +
                                           std::to_string(bytes.size()));

  const std::byte *at = bytes.data() + fixed_bytes;
  for (std::size_t cause = 0; cause < CAUSE_COUNT; ++cause) {
    if ((record.causes >> cause & 1) == 0)
      continue;
    std::memcpy(&record.spent_ns[cause], at, sizeof(std::uint64_t));
    at += sizeof(std::uint64_t);
  }
  if ((record.causes & CAUSES_THROTTLED) != 0) {
    std::memcpy(&record.throttled_ns, at, sizeof(std::uint64_t));
    at += sizeof(std::uint64_t);
  }
  std::memcpy(record.response, at, record.response_bytes);
  std::memcpy(record.head, at + record.response_bytes, record.head_bytes);
  return record;
}

/// Whether the causes add up to the request's time, and all of it to a time since boot. Calculated
/// so that nothing overflows, whatever the record states.
bool adds_up(const request_record &record)
{
  std::uint64_t left_ns = record.end_ns - record.begin_ns;
  for (const std::uint64_t spent_ns : record.spent_ns) {
    if (spent_ns > left_ns)
      return false;
    left_ns -= spent_ns;
  }
  return left_ns == 0 && record.end_ns <= most_time_ns &&
         record.accept_queue_ns <= record.begin_ns &&
         record.event_loop_ns <= record.begin_ns - record.accept_queue_ns;
}

domain::CauseTimes times_of(const request_record &record)
{
  domain::CauseTimes times;
  for (const domain::Cause cause : domain::all_causes())
    times[cause] = nanos_of(record.spent_ns[static_cast<std::size_t>(cause)]);
  times[domain::Cause::accept_queue] += nanos_of(record.accept_queue_ns);
  times[domain::Cause::event_loop] += nanos_of(record.event_loop_ns);
  return times;
}

/// What is kept of the request that came together with `count` others.
std::span<const std::byte> behind_requests(std::span<const std::byte> head, std::uint32_t count)
{
  std::optional<std::span<const std::byte>> rest = head;
  while (count-- > 0 && rest)
    rest = behind_request(*rest);
  return rest.value_or(head.last(0));
}

/// Says whether the response is over, or goes on by its own account.
void judge_response(const request_record &record, const ResponseHead &response,
                    domain::Request &request)
{
  switch (response.body_end) {
    case BodyEnd::stated:
      request.ended = request.sent_bytes >= response.total_bytes;
      request.streaming = !request.ended;
      break;
    case BodyEnd::chunks:
      request.ended = (record.flags & REQUEST_LAST_CHUNK) != 0;
      request.streaming = !request.ended && (record.flags & REQUEST_TAIL_UNSEEN) == 0;
      break;
    case BodyEnd::close:
      request.streaming = true;
      break;
    case BodyEnd::unknown:
      break;
  }
}

/// A later request of a connection may have the rest of an unread body in front of it, which the
/// kernel side notices only when that does not itself look like a method.
std::optional<RequestLine> request_line_of(std::span<const std::byte> head, std::uint32_t flags)
{
  if ((flags & REQUEST_UWSGI) != 0)
    return decode_uwsgi_vars(head);
  if ((flags & REQUEST_AFTER_BODY) != 0)
    return find_request_line(head);
  auto line = decode_request_line(head);
  // Apache opens a connection for each request.
  if (!line)
    line = (flags & REQUEST_FIRST) == 0 ? find_request_line(head) : decode_mod_wsgi_vars(head);
  return line;
}

} // namespace

Result<domain::Request> decode_request(std::span<const std::byte> bytes)
{
  const auto unpacked = unpack(bytes);
  if (!unpacked)
    return tl::unexpected(unpacked.error());
  const request_record &record = *unpacked;
  if (record.end_ns < record.begin_ns)
    return malformed("request_record", "the request ends before it begins");
  if (!adds_up(record))
    return malformed("request_record", "the causes do not add up to the request's time");

  if (record.throttled_ns > record.spent_ns[CAUSE_RUN_QUEUE])
    return malformed("request_record", "throttled for longer than it was in the run queue");

  domain::Request request;
  request.tgid = record.tgid;
  request.tid = record.tid;
  request.sequence = record.sequence;
  request.connection = record.connection;
  request.times = times_of(record);
  request.calls = { .database = record.calls_count[CALLS_DATABASE],
                    .cache = record.calls_count[CALLS_CACHE],
                    .upstream = record.calls_count[CALLS_UPSTREAM],
                    .dns = record.calls_count[CALLS_DNS] };
  request.opened = { .database = record.opened_count[CALLS_DATABASE],
                     .cache = record.opened_count[CALLS_CACHE],
                     .upstream = record.opened_count[CALLS_UPSTREAM],
                     .dns = record.opened_count[CALLS_DNS] };
  request.window.end = time_of(record.end_ns);
  request.window.begin = time_of(record.begin_ns - record.accept_queue_ns - record.event_loop_ns);

  const auto head = behind_requests(std::as_bytes(std::span(record.head)).first(record.head_bytes),
                                    record.pipelined_count);
  const auto line = request_line_of(head, record.flags);
  request.truncated = line && line->path_truncated;
  request.trace = line ? line->trace : std::nullopt;
  request.pipelined = record.pipelined_count != 0;
  request.method = line ? line->method : "-";
  request.path = !line ? "" : line->path_truncated ? cut_path(line->path) : line->path;
  const auto response = decode_response_head(
      std::as_bytes(std::span(record.response)).first(record.response_bytes), request.method);
  request.status = response ? response->status : 0;
  request.received_bytes = record.received_bytes;
  request.sent_bytes = record.sent_bytes;
  request.throttled = nanos_of(record.throttled_ns);
  request.minor_faults = record.minor_faults_count;
  request.major_faults = record.major_faults_count;
  request.anonymous_begin_bytes = record.anonymous_begin_bytes;
  request.anonymous_end_bytes = record.anonymous_end_bytes;
  // The kernel side does not know where a response ends. Its own head may tell.
  request.ended = false;
  if (response)
    judge_response(record, *response, request);
  if ((record.flags & REQUEST_ENDED) != 0) {
    request.ended = true;
    request.streaming = false;
  }
  request.client_local = (record.flags & REQUEST_CLIENT_LOCAL) != 0;
  request.transaction_open = (record.flags & REQUEST_TRANSACTION_OPEN) != 0;
  request.thread_died = (record.flags & REQUEST_THREAD_DIED) != 0;
  request.interleaved = (record.flags & REQUEST_INTERLEAVED) != 0;
  return request;
}

} // namespace linger::decode
