// Records of Python stacks: every frame has a code object, and there are no more than were sent.

#include "decode/python_stack_decoder.h"
#include "fuzz/property.h"

#include "wire/python_stack_record.h"

using namespace linger;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const auto raw = decode::decode_python_stack(bytes_of(text_of(data, size)));
  if (!raw)
    must(raw.error().kind == Error::Kind::malformed, "what is refused is called malformed");

  auto record = record_from<python_stack_record>(data, size);
  record.frames_count %= PYTHON_FRAMES + 1;
  record.begin_ns %= 1ULL << 60;
  record.role %= 2;
  const std::size_t bytes =
      offsetof(python_stack_record, frames) + record.frames_count * sizeof(python_frame);
  const auto stack = decode::decode_python_stack(bytes_of_record(record).first(bytes));
  must(stack.has_value(), "a possible record is accepted");
  must(stack->frames.size() <= record.frames_count, "no frame is made up");
  must(std::ranges::all_of(stack->frames, [](auto &frame) { return frame.code_address != 0; }),
       "every frame has a code object");
  return 0;
}
