// Records of requests: what is accepted adds up, and what adds up is accepted.

#include "decode/request_decoder.h"
#include "fuzz/property.h"
#include "unit/decode/packed_request.h"

#include "wire/request_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

void check(const Result<domain::Request> &request)
{
  if (!request) {
    must(request.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    must(!request.error().what.empty(), "a refusal has its sentence");
    return;
  }
  must(request->window.begin.time_since_epoch() >= domain::Nanos::zero(), "time is not negative");
  must(request->window.begin <= request->window.end, "a request ends after it begins");
  for (const domain::Cause cause : domain::all_causes())
    must(request->times[cause] >= domain::Nanos::zero(), "no cause takes less than no time");
  must(request->times.wall() == request->window.length(), "the causes add up to the wall time");
  must(request->throttled <= request->times[domain::Cause::run_queue],
       "what was throttled was in the run queue");
  must(request->method != "-" || request->path.empty(), "what is no HTTP has no path");
  must_be_a_path(request->path);
  must(request->status == 0 || (request->status >= 100 && request->status <= 999),
       "a status has three digits");
}

/// The record with its times made to add up and its sizes made true.
request_record mended(request_record record)
{
  constexpr std::uint64_t years_ns = 1ULL << 58, hours_ns = 1ULL << 44;
  record.accept_queue_ns %= hours_ns;
  record.event_loop_ns %= hours_ns;
  record.begin_ns = record.begin_ns % years_ns + 2 * hours_ns;
  record.end_ns = record.begin_ns;
  for (auto &spent_ns : record.spent_ns)
    record.end_ns += spent_ns %= hours_ns;
  record.throttled_ns %= record.spent_ns[CAUSE_RUN_QUEUE] + 1;
  record.head_bytes %= REQUEST_HEAD_BYTES + 1;
  record.response_bytes %= RESPONSE_HEAD_BYTES + 1;
  return record;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  check(decode::decode_request(bytes_of(text_of(data, size))));

  const auto record = mended(record_from<request_record>(data, size));
  const auto bytes = decode::packed(record);
  const auto request = decode::decode_request(bytes);
  check(request);
  must(request.has_value(), "a record that adds up is accepted");
  const auto wall_ns =
      record.end_ns - record.begin_ns + record.accept_queue_ns + record.event_loop_ns;
  must(static_cast<std::uint64_t>(request->times.wall().count()) == wall_ns, "no time is lost");
  must(!decode::decode_request(std::span(bytes).first(bytes.size() - 1)),
       "a record that was cut is refused");
  return 0;
}
