#include "python/thread_stack.h"

namespace linger::python {
namespace {

std::uint64_t pointer(const Memory &memory, std::uint64_t address)
{
  return memory.value<std::uint64_t>(address).value_or(0);
}

std::uint64_t innermost_frame(const Memory &memory, const Layout &layout, std::uint64_t thread)
{
  const std::uint64_t frame = pointer(memory, thread + layout.thread_frame);
  return frame != 0 && layout.cframe_frame ? pointer(memory, frame + *layout.cframe_frame) : frame;
}

bool is_foreign(const Memory &memory, const Layout &layout, std::uint64_t frame)
{
  return layout.frame_owner &&
         memory.value<std::uint8_t>(frame + *layout.frame_owner).value_or(0xff) >=
             layout.first_foreign_owner;
}

std::uint32_t instruction_bytes(const Layout &layout, std::uint64_t word, std::uint64_t code)
{
  switch (layout.instruction) {
    case Instruction::pointer:
      return static_cast<std::uint32_t>(word - code - layout.code_instructions);
    case Instruction::units:
      return static_cast<std::uint32_t>(word) * 2;
    case Instruction::bytes:
      break;
  }
  return static_cast<std::uint32_t>(word);
}

FrameAddress frame_at(const Memory &memory, const Layout &layout, std::uint64_t frame)
{
  const std::uint64_t code = pointer(memory, frame + layout.frame_code) &
                             ~static_cast<std::uint64_t>(layout.frame_code_tag_mask);
  const std::uint64_t word = pointer(memory, frame + layout.frame_instruction);
  return { .code_address = code,
           .instruction_bytes = instruction_bytes(layout, word, code),
           .check = static_cast<std::uint32_t>(pointer(memory, code + layout.code_first_line)) ^
                    static_cast<std::uint32_t>(pointer(memory, code + layout.code_line_table)) };
}

} // namespace

std::vector<FrameAddress> stack_of(const Memory &memory, const ProcessLayout &process,
                                   std::uint64_t thread_pointer)
{
  const Layout &layout = process.layout;
  const std::uint64_t thread = thread_state_of(memory, process.slot, thread_pointer);
  std::vector<FrameAddress> stack;
  std::uint64_t frame = thread == 0 ? 0 : innermost_frame(memory, layout, thread);
  for (std::size_t depth = 0; frame != 0 && depth < max_stack_frames; ++depth) {
    if (!is_foreign(memory, layout, frame))
      stack.push_back(frame_at(memory, layout, frame));
    frame = pointer(memory, frame + layout.frame_previous);
  }
  return stack;
}

} // namespace linger::python
