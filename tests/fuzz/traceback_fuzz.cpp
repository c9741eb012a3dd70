// Tracebacks and their records: what comes out is printable and short, and holds nothing that
// stands behind the type's name.

#include "decode/traceback.h"
#include "decode/traceback_decoder.h"
#include "fuzz/property.h"

#include "wire/traceback_record.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

bool is_shown(std::string_view text)
{
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

void check(std::string_view text)
{
  const auto traceback = decode::parse_traceback(text);
  if (!traceback)
    return;
  must(!traceback->lines.empty(), "a traceback has lines");
  must(!traceback->type.empty() && traceback->type.size() <= decode::max_exception_type_bytes,
       "a type has a name");
  must(traceback->type.find_first_of(" :'\"\\") == std::string::npos, "nothing of the message");
  must(is_shown(traceback->type), "a terminal acts upon nothing of the type");
  for (const decode::TracebackLine &line : traceback->lines) {
    must(is_shown(line.file) && is_shown(line.function), "a terminal acts upon nothing of a line");
    must(line.line >= 0, "a line has a number");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check(text);
  const auto piece = decode::decode_traceback(bytes_of(text));
  if (piece)
    must(piece->text.size() == size - offsetof(traceback_record, text), "a piece is whole");
  return 0;
}
