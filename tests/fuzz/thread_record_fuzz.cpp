// Records of threads: a ledger can be calculated with, and one that adds up stays so.

#include "decode/thread_decoder.h"
#include "fuzz/property.h"

#include "wire/thread_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

void check(const Result<decode::Thread> &thread)
{
  if (!thread) {
    must(thread.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    return;
  }
  must(thread->life.begin.time_since_epoch() >= domain::Nanos::zero(), "time is not negative");
  must(thread->life.begin <= thread->life.end, "a ledger ends after it begins");
  must(thread->sample.since == thread->life.end, "a state begins where its ledger ends");
  must(thread->sample.request_begin.time_since_epoch() >= domain::Nanos::zero(),
       "time is not negative");
  for (const domain::Cause cause : domain::all_causes())
    must(thread->ledger[cause] >= domain::Nanos::zero(), "no cause takes less than no time");
  must(thread->ledger.wall() >= thread->ledger.blocked(), "a part is no more than the whole");
  must_be_a_path(thread->sample.path);
  must(thread->sample.request_open || thread->sample.path.empty(), "no request has no path");
}

thread_record mended(thread_record record)
{
  constexpr std::uint64_t years_ns = 1ULL << 58, days_ns = 1ULL << 50;
  record.cause %= CAUSE_COUNT;
  record.born_ns %= years_ns;
  record.since_ns = record.born_ns;
  record.request_begin_ns %= years_ns;
  for (auto &spent_ns : record.spent_ns)
    record.since_ns += spent_ns %= days_ns;
  return record;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const auto bytes = bytes_of(text_of(data, size));
  const auto raw = decode::decode_thread(bytes);
  check(raw);
  must(!raw || size == sizeof(thread_record), "only a whole record is accepted");
  check(decode::decode_thread(bytes_of_record(record_from<thread_record>(data, size))));

  const auto record = mended(record_from<thread_record>(data, size));
  const auto thread = decode::decode_thread(bytes_of_record(record));
  check(thread);
  must(thread.has_value(), "a record that adds up is accepted");
  must(thread->ledger.wall() == thread->life.length(), "the ledger adds up to the thread's life");
  return 0;
}
