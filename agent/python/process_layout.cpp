#include "python/process_layout.h"

#include "python/debug_offsets.h"
#include "python/text.h"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace linger::python {
namespace {

constexpr int attempts = 5;
constexpr int most_threads = 1000;
constexpr int most_frames = 200;

tl::unexpected<Error> unexpected_layout(const Interpreter &interpreter, std::string_view what)
{
  return failure(Error::Kind::not_supported,
                 fmt::format("{} does not look like CPython {} is known to: {}", interpreter.file,
                             text_of(interpreter.version), what));
}

/// Reads pointers until one cannot be read or is NULL; 0 then.
class Reader {
public:
  explicit Reader(const Memory &memory) : memory_(memory) {}

  [[nodiscard]] std::uint64_t pointer(std::uint64_t address) const
  {
    return memory_.value<std::uint64_t>(address).value_or(0);
  }

private:
  const Memory &memory_;
};

bool is_foreign(const Memory &memory, const Layout &layout, std::uint64_t frame)
{
  return layout.frame_owner &&
         memory.value<std::uint8_t>(frame + *layout.frame_owner).value_or(0xff) >=
             layout.first_foreign_owner;
}

/// The code object of a thread's innermost Python function; 0 when it is in none, nullopt when that
/// cannot be read.
std::optional<std::uint64_t> innermost_code(const Memory &memory, const Layout &layout,
                                            std::uint64_t thread)
{
  const auto pointer = [&](std::uint64_t address) { return memory.value<std::uint64_t>(address); };
  auto frame = pointer(thread + layout.thread_frame);
  if (frame && layout.cframe_frame)
    frame = pointer(*frame + *layout.cframe_frame);
  for (int depth = 0; frame && *frame != 0 && depth < most_frames; ++depth) {
    if (!is_foreign(memory, layout, *frame)) {
      const auto code = pointer(*frame + layout.frame_code);
      if (!code)
        return std::nullopt;
      return *code & ~static_cast<std::uint64_t>(layout.frame_code_tag_mask);
    }
    frame = pointer(*frame + layout.frame_previous);
  }
  return frame && *frame == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
}

/// Whether `code` is a code object with a file name; where the file does not name the types, a
/// readable name has to do.
bool is_code(const Memory &memory, const Interpreter &interpreter, const Layout &layout,
             std::uint64_t code)
{
  const Reader read{ memory };
  const std::uint64_t name = read.pointer(code + layout.code_file_name);
  if (interpreter.code_type_address &&
      read.pointer(code + object_type) != interpreter.code_type_address)
    return false;
  if (interpreter.unicode_type_address &&
      read.pointer(name + object_type) != interpreter.unicode_type_address)
    return false;
  const auto text = read_text(memory, layout, name);
  return text && !text->empty();
}

/// What does not hold; empty when everything does. The threads of an idle uWSGI are in no Python
/// function, so that there is no frame to be checked; that they say so is enough then.
std::string_view problem_of(const Memory &memory, const Interpreter &interpreter,
                            const ProcessLayout &process)
{
  const Layout &layout = process.layout;
  const Reader read{ memory };
  const std::uint64_t state =
      read.pointer(interpreter.runtime_address + layout.runtime_interpreters_main);
  if (!state)
    return "it has no main interpreter";
  bool slot_seen = false;
  bool frame_seen = false;
  std::uint64_t thread = read.pointer(state + layout.interpreter_threads_head);
  if (!thread)
    return "it has no threads";
  for (int count = 0; thread && count < most_threads; ++count) {
    if (read.pointer(thread + layout.thread_interpreter) != state)
      return "its threads belong to no interpreter";
    const std::uint64_t pointer = read.pointer(thread + layout.thread_id);
    if (pointer && thread_state_of(memory, process.slot, pointer) == thread) {
      slot_seen = true;
      const auto code = innermost_code(memory, layout, thread);
      if (code && *code != 0 && is_code(memory, interpreter, layout, *code))
        return {};
      frame_seen |= !code || *code != 0;
    }
    thread = read.pointer(thread + layout.thread_next);
  }
  if (!slot_seen)
    return "no thread's slot holds its state";
  return frame_seen ? "no frame leads to a code object" : "";
}

std::uint64_t gil_address_of(const Memory &memory, const Interpreter &interpreter,
                             const Layout &layout)
{
  const Reader read{ memory };
  if (layout.runtime_gil)
    return interpreter.runtime_address + *layout.runtime_gil;
  const std::uint64_t state =
      read.pointer(interpreter.runtime_address + layout.runtime_interpreters_main);
  return state && layout.interpreter_gil ? read.pointer(state + *layout.interpreter_gil) : 0;
}

} // namespace

std::uint64_t thread_state_of(const Memory &memory, const Slot &slot, std::uint64_t thread_pointer)
{
  const Reader read{ memory };
  const std::uint64_t slots =
      slot.table ? read.pointer(thread_pointer + *slot.table) : thread_pointer;
  return slots ? read.pointer(slots + slot.offset) : 0;
}

std::optional<Slot> slot_of(std::int32_t key, bool musl)
{
  // struct pthread of glibc 2.32 to 2.43: specific_1stblock, 32 pairs of a sequence and a value.
  constexpr std::int32_t first_block = 32;
  constexpr std::uint32_t first_value = 0x310 + 8;
  constexpr std::uint32_t pair_bytes = 16;
  // musl 1.2: a pointer to an array of pointers.
  constexpr std::uint16_t musl_table = 0x80;
  constexpr std::int32_t musl_keys = 128;
  if (key < 0 || key >= (musl ? musl_keys : first_block))
    return std::nullopt;
  const auto index = static_cast<std::uint32_t>(key);
  if (musl)
    return Slot{ .table = musl_table, .offset = index * 8 };
  return Slot{ .table = std::nullopt, .offset = first_value + index * pair_bytes };
}

Result<ProcessLayout> checked_layout(const Memory &memory, const Interpreter &interpreter)
{
  auto layout = layout_of(interpreter.version);
  if (!layout)
    return failure(
        Error::Kind::not_supported,
        fmt::format("CPython {} is not known; 3.8 to 3.14 are", text_of(interpreter.version)));
  if (has_debug_offsets(interpreter.version)) {
    std::array<std::byte, debug_offsets_bytes> table{};
    if (const auto done = memory.read(interpreter.runtime_address, table); !done)
      return tl::unexpected(done.error());
    auto told = with_debug_offsets(*layout, table);
    if (!told)
      return tl::unexpected(told.error());
    layout = *told;
  }
  const auto key =
      memory.value<std::int32_t>(interpreter.runtime_address + layout->runtime_slot_key);
  if (!key)
    return tl::unexpected(key.error());
  const auto slot = slot_of(*key, interpreter.musl);
  if (!slot)
    return unexpected_layout(interpreter, "the threads' key lies in no known slot");

  ProcessLayout process{ .layout = *layout,
                         .slot = *slot,
                         .gil_address = gil_address_of(memory, interpreter, *layout),
                         .gil_futexes = !interpreter.musl };
  std::string_view problem;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    problem = problem_of(memory, interpreter, process);
    if (problem.empty())
      return process;
  }
  return unexpected_layout(interpreter, problem);
}

Result<ProcessLayout> layout_of_process(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const ProcessMemory memory{ tgid };
  const auto interpreter = find_interpreter(proc, tgid, memory);
  if (!interpreter)
    return tl::unexpected(interpreter.error());
  return checked_layout(memory, *interpreter);
}

} // namespace linger::python
