// The header that names a trace: what is taken can be written again, and is what was read.

#include "decode/traceparent.h"
#include "fuzz/property.h"

#include <array>

namespace {

using namespace linger::fuzz;

template <typename Bytes>
std::string digits_of(const Bytes &bytes)
{
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view value = text_of(data, size);
  const auto context = linger::decode::decode_traceparent(value);
  if (!context)
    return 0;
  const std::string written = "-" + digits_of(context->trace_id) + "-" +
                              digits_of(context->span_id) + "-" +
                              digits_of(std::array{ context->flags });
  must(value.substr(2).starts_with(written), "what is taken is what was read");
  must(value.starts_with("00") ? value.size() == 55 : value.size() >= 55,
       "it is as long as it says");
  must(context->trace_id != decltype(context->trace_id){}, "a trace has a name");
  must(context->span_id != decltype(context->span_id){}, "a span has a name");
  return 0;
}
