#include "python/layout.h"

#include <fmt/format.h>

namespace linger::python {
namespace {

// Each version is told by what it changed. Taken from the headers of the releases, checked against
// running interpreters: docs/design/python.md.

Layout layout_3_8()
{
  Layout layout;
  layout.version = { 3, 8 };
  layout.runtime_interpreters_head = 32;
  layout.runtime_interpreters_main = 40;
  layout.runtime_slot_key = 1392 + 4;
  layout.runtime_gil = 1152;
  layout.interpreter_threads_head = 8;
  layout.interpreter_next = 0;
  layout.thread_id = 176;
  layout.thread_frame = 24;
  layout.thread_context = 240;
  layout.frame_previous = 24;
  layout.frame_code = 32;
  layout.frame_instruction = 104;
  layout.instruction = Instruction::bytes;
  layout.code_first_line = 40;
  layout.code_file_name = 104;
  layout.code_name = 112;
  layout.code_line_table = 120;
  layout.line_table = LineTable::lnotab;
  layout.ascii_text = 48;
  layout.unicode_text = 72;
  return layout;
}

Layout layout_3_9()
{
  Layout layout = layout_3_8();
  layout.version = { 3, 9 };
  layout.runtime_slot_key = 584 + 4;
  layout.runtime_gil = 352;
  return layout;
}

Layout layout_3_10()
{
  Layout layout = layout_3_9();
  layout.version = { 3, 10 };
  layout.frame_instruction = 96;
  layout.instruction = Instruction::units;
  layout.line_table = LineTable::ranges;
  return layout;
}

Layout layout_3_11()
{
  Layout layout;
  layout.version = { 3, 11 };
  layout.runtime_interpreters_head = 40;
  layout.runtime_interpreters_main = 48;
  layout.runtime_slot_key = 592 + 4;
  layout.runtime_gil = 360;
  layout.interpreter_threads_head = 16;
  layout.interpreter_next = 0;
  layout.thread_id = 152;
  layout.thread_frame = 56;
  layout.thread_context = 224;
  layout.cframe_frame = 8;
  layout.frame_previous = 48;
  layout.frame_code = 32;
  layout.frame_instruction = 56;
  layout.code_first_line = 72;
  layout.code_file_name = 112;
  layout.code_name = 120;
  layout.code_qualified_name = 128;
  layout.code_line_table = 136;
  layout.code_instructions = 184;
  layout.ascii_text = 48;
  layout.unicode_text = 72;
  return layout;
}

Layout layout_3_12()
{
  Layout layout = layout_3_11();
  layout.version = { 3, 12 };
  layout.runtime_slot_key = 1544 + 4;
  layout.runtime_gil = std::nullopt;
  layout.interpreter_gil = 384;
  layout.interpreter_threads_head = 72;
  layout.thread_id = 136;
  layout.thread_context = 208;
  layout.cframe_frame = 0;
  layout.frame_previous = 8;
  layout.frame_code = 0;
  layout.frame_owner = 70;
  layout.first_foreign_owner = 3; // FRAME_OWNED_BY_CSTACK
  layout.code_first_line = 68;
  layout.code_instructions = 192;
  layout.ascii_text = 40;
  layout.unicode_text = 56;
  return layout;
}

Layout layout_3_13()
{
  Layout layout = layout_3_12();
  layout.version = { 3, 13 };
  layout.runtime_interpreters_head = 632;
  layout.runtime_interpreters_main = 640;
  layout.runtime_slot_key = 2160 + 4;
  layout.interpreter_gil = 16;
  layout.interpreter_threads_head = 7344;
  layout.interpreter_next = 7264;
  layout.thread_id = 152;
  layout.thread_frame = 72;
  layout.cframe_frame = std::nullopt;
  layout.code_instructions = 200;
  return layout;
}

Layout layout_3_14()
{
  Layout layout = layout_3_13();
  layout.version = { 3, 14 };
  layout.runtime_interpreters_head = 808;
  layout.runtime_interpreters_main = 816;
  layout.runtime_slot_key = 2336 + 4;
  layout.interpreter_next = 7272;
  layout.frame_code_tag_mask = 3; // a _PyStackRef
  layout.frame_owner = 74;
  layout.code_instructions = 208;
  return layout;
}

} // namespace

std::string text_of(Version version)
{
  return fmt::format("{}.{}", version.major, version.minor);
}

std::optional<Layout> layout_of(Version version)
{
  if (version.major != 3)
    return std::nullopt;
  switch (version.minor) {
    case 8:
      return layout_3_8();
    case 9:
      return layout_3_9();
    case 10:
      return layout_3_10();
    case 11:
      return layout_3_11();
    case 12:
      return layout_3_12();
    case 13:
      return layout_3_13();
    case 14:
      return layout_3_14();
    default:
      return std::nullopt;
  }
}

} // namespace linger::python
