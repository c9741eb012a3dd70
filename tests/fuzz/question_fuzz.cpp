// What was asked of a peer: whatever the bytes are, what is told of them is short, and can be
// shown. Of what stands behind a recognised beginning nothing shows.

#include "decode/question.h"
#include "fuzz/property.h"

namespace {

using namespace linger;
using namespace linger::fuzz;

constexpr std::size_t max_statement_bytes = 1200; // 16 segments of 64 bytes are the longest route

void check(const std::string &statement)
{
  must(statement.size() <= max_statement_bytes, "a statement is short");
  must(std::ranges::none_of(statement,
                            [](char c) {
                              const auto byte = static_cast<unsigned char>(c);
                              return byte < 0x20 || byte == 0x7f;
                            }),
       "a terminal acts upon nothing of it");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  if (size == 0)
    return 0;
  // The first byte: how much more was sent than captured.
  const std::string_view text = text_of(data, size).substr(1);
  decode::PreparedStatements prepared;
  for (const domain::Cause cause : domain::all_causes()) {
    for (int again = 0; again < 2; ++again)
      check(decode::decode_question(
          cause, { .bytes = bytes_of(text), .sent_bytes = text.size() + data[0], .connection = 1 },
          prepared));
  }
  return 0;
}
