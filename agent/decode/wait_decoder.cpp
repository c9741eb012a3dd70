#include "decode/wait_decoder.h"

#include "decode/question.h"
#include "decode/record.h"
#include "decode/target.h"

#include "wire/wait_record.h"

namespace linger::decode {
namespace {

constexpr std::size_t fixed_bytes = offsetof(wait_record, question);

/// "127.0.0.1:5432", "127.0.0.1:5432 (postgresql)", "10.0.0.7:443 (TLS)".
std::string describe_peer(const wait_record &record, const KnownToWaits &known)
{
  std::string what = describe(record.target, record.syscall);
  std::string more;
  if (const auto name = known.peer_names.find(what); name != known.peer_names.end())
    more = name->second;
  if ((record.flags & WAIT_TLS) != 0)
    more += more.empty() ? "TLS" : ", TLS";
  return more.empty() ? what : what + " (" + more + ")";
}

} // namespace

Result<domain::Wait> decode_wait(std::span<const std::byte> bytes, KnownToWaits &known)
{
  wait_record record{};
  if (bytes.size() < fixed_bytes || bytes.size() > sizeof record)
    return malformed("wait_record", "impossible size " + std::to_string(bytes.size()));
  std::memcpy(&record, bytes.data(), bytes.size());
  if (bytes.size() != fixed_bytes + record.question_bytes)
    return malformed("wait_record", "states " + std::to_string(record.question_bytes) +
                                        " bytes of a question, has " +
                                        std::to_string(bytes.size() - fixed_bytes));
  const auto cause = cause_of(record.cause);
  if (!cause)
    return malformed("wait_record", "unknown cause " + std::to_string(record.cause));
  if (record.end_ns < record.begin_ns)
    return malformed("wait_record", "the wait ends before it begins");
  if (record.end_ns > most_time_ns)
    return malformed("wait_record", "a time that cannot be");

  domain::Wait wait;
  wait.tgid = record.tgid;
  wait.tid = record.tid;
  wait.request_sequence = record.sequence;
  wait.window = { time_of(record.begin_ns), time_of(record.end_ns) };
  wait.cause = *cause;
  wait.what = describe_peer(record, known);
  wait.repeated = (record.flags & WAIT_REPEATED) != 0;
  wait.interleaved = (record.flags & WAIT_INTERLEAVED) != 0;
  wait.held_loop = (record.flags & WAIT_HELD_LOOP) != 0;
  wait.statement = decode_question(*cause,
                                   { .bytes = bytes.subspan(fixed_bytes),
                                     .sent_bytes = record.asked_bytes,
                                     .connection = record.socket_inode },
                                   known.prepared);
  return wait;
}

} // namespace linger::decode
