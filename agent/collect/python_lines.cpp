#include "collect/python_lines.h"

#include "kernel/clock.h"
#include "python/application_line.h"
#include "python/connection_pool.h"
#include "python/thread_stack.h"

#include <fmt/format.h>
#include <optional>
#include <set>

namespace linger::collect {
namespace {

constexpr int most_attempts = 5;

std::uint16_t or_absent(std::optional<std::uint16_t> offset)
{
  return offset.value_or(PYTHON_ABSENT);
}

python_instruction instruction_of(python::Instruction instruction)
{
  switch (instruction) {
    case python::Instruction::bytes:
      return PYTHON_INSTRUCTION_BYTES;
    case python::Instruction::units:
      return PYTHON_INSTRUCTION_UNITS;
    case python::Instruction::pointer:
      break;
  }
  return PYTHON_INSTRUCTION_POINTER;
}

python_layout wire_of(const python::ProcessLayout &process)
{
  const python::Layout &layout = process.layout;
  python_layout wire{};
  if (process.gil_futexes && process.gil_address != 0) {
    wire.gil_begin_address = process.gil_address + python::gil_futexes_begin;
    wire.gil_end_address = process.gil_address + python::gil_bytes;
  }
  wire.slot_offset_bytes = process.slot.offset;
  wire.slot_table_offset = or_absent(process.slot.table);
  wire.tstate_frame = layout.thread_frame;
  wire.cframe_frame = or_absent(layout.cframe_frame);
  wire.frame_previous = layout.frame_previous;
  wire.frame_code = layout.frame_code;
  wire.frame_instruction = layout.frame_instruction;
  wire.frame_owner = or_absent(layout.frame_owner);
  wire.code_first_line = layout.code_first_line;
  wire.code_line_table = layout.code_line_table;
  wire.code_instructions = layout.code_instructions;
  wire.tstate_context = layout.thread_context;
  wire.handle_context = python::handle_context;
  wire.first_foreign_owner = layout.first_foreign_owner;
  wire.code_tag_mask = layout.frame_code_tag_mask;
  wire.instruction = instruction_of(layout.instruction);
  return wire;
}

} // namespace

void PythonLines::watch(const domain::Server &server)
{
  std::vector<std::uint32_t> tgids{ server.master_tgid };
  for (const domain::WorkerProcess &worker : server.workers)
    tgids.push_back(worker.tgid);
  for (const std::uint32_t tgid : tgids) {
    if (!processes_.contains(tgid) && !refused_.contains(tgid))
      look_at(tgid,
              { .master_tgid = server.master_tgid, .package = python::package_of(server.app) });
  }
}

void PythonLines::look_at(std::uint32_t tgid, Refused context)
{
  const domain::MonotonicTime now{ kernel::monotonic_now() };
  const auto layout = python::layout_of_process(proc_, tgid);
  if (layout) {
    refused_.erase(tgid);
    // A table that is full leaves the process without lines, which the waits show.
    (void)layouts_.put(tgid, wire_of(*layout));
    add(tgid, *layout, python::working_directory_of(proc_, tgid), std::move(context.package), now);
    return;
  }
  ++context.attempts;
  context.since = now;
  context.reason = layout.error().what;
  refused_.insert_or_assign(tgid, std::move(context));
}

void PythonLines::add(std::uint32_t tgid, const python::ProcessLayout &layout,
                      std::string directory, std::string package, domain::MonotonicTime since)
{
  gil_unknown_ |= !layout.gil_futexes || layout.gil_address == 0;
  python::Symbolizer symbolizer{ std::make_unique<python::ProcessMemory>(tgid), layout.layout };
  processes_.insert_or_assign(tgid, Process{ .layout = layout,
                                             .symbolizer = std::move(symbolizer),
                                             .directory = std::move(directory),
                                             .package = std::move(package),
                                             .since = since });
}

void PythonLines::note(const domain::ProcessEvent &event)
{
  if (event.kind == domain::ProcessEvent::Kind::started) {
    const auto parent = processes_.find(event.parent_tgid);
    // Its layout is in the kernel side's table already.
    if (parent != processes_.end() && !processes_.contains(event.tgid))
      add(event.tgid, parent->second.layout, parent->second.directory, parent->second.package,
          event.time);
    return;
  }
  const auto process = processes_.find(event.tgid);
  if (process != processes_.end() && process->second.since < event.time)
    processes_.erase(process);
  const auto refused = refused_.find(event.tgid);
  if (refused != refused_.end() && refused->second.since < event.time)
    refused_.erase(refused);
}

std::optional<std::string> PythonLines::line_of(const decode::PythonStack &stack)
{
  const auto found = processes_.find(stack.tgid);
  if (found == processes_.end())
    return std::nullopt;
  Process &process = found->second;
  const std::vector<python::Frame> frames = named_frames(process, stack);
  if (frames.empty())
    return std::nullopt;
  return python::application_line(frames, process.directory, process.package);
}

std::vector<python::Frame> PythonLines::named_frames(Process &process,
                                                     const decode::PythonStack &stack)
{
  std::vector<python::Frame> frames;
  for (const decode::PythonFrame &frame : stack.frames) {
    auto named = process.symbolizer.name({ .code_address = frame.code_address,
                                           .instruction_bytes = frame.instruction_bytes,
                                           .check = frame.check });
    if (named)
      frames.push_back(std::move(*named));
  }
  return frames;
}

LongWaits::Place PythonLines::place_of_waiting(std::uint32_t tgid, std::uint64_t thread_pointer)
{
  const auto found = processes_.find(tgid);
  if (found == processes_.end())
    return {};
  Process &process = found->second;
  std::vector<python::Frame> frames;
  for (const python::FrameAddress &frame :
       python::stack_of(python::ProcessMemory{ tgid }, process.layout, thread_pointer)) {
    if (auto named = process.symbolizer.name(frame))
      frames.push_back(std::move(*named));
  }
  return { .code = python::application_line(frames, process.directory, process.package),
           .for_event = python::waits_for_event(frames) };
}

std::string PythonLines::line_of(std::uint32_t tgid, std::span<const python::Frame> frames) const
{
  const auto found = processes_.find(tgid);
  if (found == processes_.end())
    return python::application_line(frames, "", "");
  return python::application_line(frames, found->second.directory, found->second.package);
}

void PythonLines::note(const decode::PythonStack &stack)
{
  const auto found = processes_.find(stack.tgid);
  const std::vector<python::Frame> frames =
      found == processes_.end() ? std::vector<python::Frame>{} : named_frames(found->second, stack);
  if (frames.empty()) {
    ++unnamed_stacks_;
    return;
  }
  Noted &noted = noted_[stack.tid];
  if (noted.wait_begin != stack.wait_begin)
    noted = { .wait_begin = stack.wait_begin, .code = "", .released_by = "", .pool = "" };
  std::string line =
      python::application_line(frames, found->second.directory, found->second.package);
  if (stack.role == decode::PythonStack::Role::waits) {
    noted.code = std::move(line);
    noted.pool = python::waited_pool(frames);
  } else {
    noted.released_by = std::move(line);
  }
}

void PythonLines::fill(domain::Wait &wait)
{
  const auto found = noted_.find(wait.tid);
  if (found == noted_.end())
    return;
  Noted &noted = found->second;
  if (noted.wait_begin == wait.window.begin) {
    wait.code = std::move(noted.code);
    if (wait.cause == domain::Cause::lock && !noted.pool.empty())
      wait.what = fmt::format("{}{})", domain::Wait::pool, noted.pool);
    else if (!noted.released_by.empty())
      wait.what += " (released by " + noted.released_by + ")";
  }
  noted_.erase(found);
}

std::vector<std::string> PythonLines::gaps()
{
  const auto refused_before = refused_;
  for (const auto &[tgid, refused] : refused_before) {
    if (refused.attempts < most_attempts)
      look_at(tgid, refused);
  }

  std::vector<std::string> gaps;
  std::set<std::uint32_t> masters;
  for (const auto &[tgid, refused] : refused_) {
    if (masters.insert(refused.master_tgid).second)
      gaps.push_back("the waits of server " + std::to_string(refused.master_tgid) +
                     " have no Python lines, and the GIL counts as lock: " + refused.reason);
  }
  if (gil_unknown_)
    gaps.emplace_back("under musl, waits for the GIL count as lock");
  if (unnamed_stacks_ != 0)
    gaps.push_back(std::to_string(unnamed_stacks_) +
                   " waits have no Python line because their process was gone before it was read");
  return gaps;
}

} // namespace linger::collect
