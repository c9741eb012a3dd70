// The reader of recordings, fed with arbitrary bytes: as a file, as the payload of a sound frame,
// and as the payloads of several, since no fuzzer guesses a CRC. What is read makes a report and
// findings without any calculation overflowing, and can be written again.

#include "diagnose/diagnose.h"
#include "domain/evidence.h"
#include "fuzz/property.h"
#include "serve/recording.h"
#include "serve/recording_frame.h"

namespace {

using namespace linger::serve;
using namespace linger::fuzz;
using linger::domain::Evidence;
using linger::domain::Observation;
using linger::domain::RouteTable;

/// What was read can be written, and reads as the same again.
void must_be_the_same_again(const Observation &observation)
{
  const std::string once = encode_observation(observation);
  const auto again = decode_payload(once);
  must(again.has_value(), "what was read can be written");
  const auto *read = std::get_if<Observation>(&*again);
  must(read != nullptr && encode_observation(*read) == once, "written, it reads as the same");
}

void read_all(std::string file)
{
  if (file.empty())
    return;
  auto reader = RecordingReader::read("fuzz", FilePtr(::fmemopen(file.data(), file.size(), "r")));
  if (!reader) {
    must(!reader.error().what.empty(), "a refusal has its sentence");
    return;
  }
  Evidence evidence{ RouteTable{} };
  std::uint64_t observations = 0;
  while (true) {
    const auto next = reader->next();
    if (!next || !*next)
      break;
    ++observations;
    must_be_the_same_again(**next);
    evidence.add(**next);
  }
  must(reader->observations() == observations, "the reader counts what it gives");
  const auto report = evidence.report();
  for (const auto &finding : linger::diagnose::diagnose(report, {}))
    must(!finding.title.empty() && !finding.evidence.empty(), "a finding has its evidence");
}

/// Payloads, each behind a byte that holds its size.
std::string frames_of(std::string_view bytes)
{
  std::string file;
  append_preamble(file);
  append_frame(file, encode_info({}));
  while (!bytes.empty()) {
    const auto size = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const std::string_view payload = bytes.substr(0, size);
    append_frame(file, payload);
    bytes.remove_prefix(payload.size());
  }
  return file;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string bytes(text_of(data, size));
  read_all(bytes);
  read_all(frames_of(bytes));
  if (size <= most_payload_bytes) {
    std::string file;
    append_preamble(file);
    append_frame(file, encode_info({}));
    append_frame(file, bytes);
    read_all(file);
  }
  return 0;
}
