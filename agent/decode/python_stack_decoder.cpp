#include "decode/python_stack_decoder.h"

#include "decode/record.h"

#include "wire/python_stack_record.h"

#include <cstddef>

namespace linger::decode {

Result<PythonStack> decode_python_stack(std::span<const std::byte> bytes)
{
  constexpr std::size_t fixed_bytes = offsetof(python_stack_record, frames);
  python_stack_record record{};
  if (bytes.size() < fixed_bytes || bytes.size() > sizeof record)
    return malformed("python_stack_record", std::to_string(bytes.size()) + " bytes");
  std::memcpy(&record, bytes.data(), bytes.size());
  if (record.frames_count > PYTHON_FRAMES ||
      bytes.size() != fixed_bytes + record.frames_count * sizeof(python_frame))
    return malformed("python_stack_record", std::to_string(record.frames_count) + " frames in " +
                                                std::to_string(bytes.size()) + " bytes");
  if (record.role > PYTHON_STACK_RELEASES)
    return malformed("python_stack_record", "unknown role " + std::to_string(record.role));
  if (record.begin_ns > most_time_ns)
    return malformed("python_stack_record", "a time that cannot be");

  PythonStack stack;
  stack.tgid = record.tgid;
  stack.tid = record.tid;
  stack.role =
      record.role == PYTHON_STACK_RELEASES ? PythonStack::Role::releases : PythonStack::Role::waits;
  stack.wait_begin = time_of(record.begin_ns);
  for (const python_frame &frame : std::span(record.frames).first(record.frames_count)) {
    if (frame.code_address != 0)
      stack.frames.push_back({ .code_address = frame.code_address,
                               .instruction_bytes = frame.instruction_bytes,
                               .check = frame.check });
  }
  return stack;
}

} // namespace linger::decode
