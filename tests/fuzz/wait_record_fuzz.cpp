// Records of waits: their window can be calculated with, and what was waited on can be shown.

#include "decode/wait_decoder.h"
#include "fuzz/property.h"

#include "wire/wait_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

void check(const Result<domain::Wait> &wait, const wait_record &record)
{
  if (!wait) {
    must(wait.error().kind == Error::Kind::malformed, "what is refused is called malformed");
    return;
  }
  must(wait->window.begin.time_since_epoch() >= domain::Nanos::zero(), "time is not negative");
  must(static_cast<std::uint64_t>(wait->window.length().count()) == record.end_ns - record.begin_ns,
       "a wait is as long as its record says");
  must(domain::cause_named(domain::name_of(wait->cause)) == wait->cause, "a cause has its name");
  must(!wait->what.empty(), "something was waited on");
  must(std::ranges::none_of(wait->what,
                            [](char c) {
                              const auto byte = static_cast<unsigned char>(c);
                              return byte < 0x20 || byte == 0x7f;
                            }),
       "a terminal acts upon nothing of it");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  constexpr std::size_t fixed_bytes = offsetof(wait_record, question);
  decode::KnownToWaits known;
  auto record = record_from<wait_record>(data, size);
  const auto raw = decode::decode_wait(bytes_of(text_of(data, size)), known);
  check(raw, record);
  must(!raw || size == fixed_bytes + record.question_bytes, "only a whole record is accepted");

  record.cause %= CAUSE_COUNT;
  record.begin_ns %= 1ULL << 60;
  record.end_ns = record.begin_ns + record.end_ns % (1ULL << 60);
  record.question_bytes %= WAIT_QUESTION_BYTES + 1;
  const auto wait = decode::decode_wait(
      bytes_of_record(record).first(fixed_bytes + record.question_bytes), known);
  check(wait, record);
  must(wait.has_value(), "a possible record is accepted");
  return 0;
}
