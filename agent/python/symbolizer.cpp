#include "python/symbolizer.h"

#include "python/line_table.h"
#include "python/text.h"

#include <fmt/format.h>

namespace linger::python {
namespace {

/// The tables of functions with 10,000 lines stay below.
constexpr std::uint64_t most_table_bytes = 1U << 20;

Result<std::vector<std::byte>> read_bytes(const Memory &memory, std::uint64_t address)
{
  const auto size = memory.value<std::uint64_t>(address + variable_object_size);
  if (!size)
    return tl::unexpected(size.error());
  if (*size > most_table_bytes)
    return failure(Error::Kind::malformed, fmt::format("no line table at {:#x}", address));
  std::vector<std::byte> bytes(*size);
  if (const auto done = memory.read(address + bytes_text, bytes); !done)
    return tl::unexpected(done.error());
  return bytes;
}

Result<std::string> read_text_at(const Memory &memory, const Layout &layout, std::uint64_t pointer)
{
  const auto address = memory.value<std::uint64_t>(pointer);
  if (!address)
    return tl::unexpected(address.error());
  return read_text(memory, layout, *address);
}

} // namespace

Result<Symbolizer::Code> Symbolizer::read_code(std::uint64_t address) const
{
  Code code;
  const auto first_line = memory_->value<std::int32_t>(address + layout_.code_first_line);
  if (!first_line)
    return tl::unexpected(first_line.error());
  const auto table = memory_->value<std::uint64_t>(address + layout_.code_line_table);
  if (!table)
    return tl::unexpected(table.error());
  auto file = read_text_at(*memory_, layout_, address + layout_.code_file_name);
  if (!file)
    return tl::unexpected(file.error());
  auto function = read_text_at(*memory_, layout_,
                               address + layout_.code_qualified_name.value_or(layout_.code_name));
  if (!function)
    return tl::unexpected(function.error());
  auto line_table = read_bytes(*memory_, *table);
  if (!line_table)
    return tl::unexpected(line_table.error());

  code.first_line = *first_line;
  code.check = static_cast<std::uint32_t>(*first_line) ^ static_cast<std::uint32_t>(*table);
  code.file = std::move(*file);
  code.function = std::move(*function);
  code.line_table = std::move(*line_table);
  return code;
}

Result<Frame> Symbolizer::name(const FrameAddress &frame)
{
  auto found = codes_.find(frame.code_address);
  if (found == codes_.end() || found->second.check != frame.check) {
    auto code = read_code(frame.code_address);
    if (!code)
      return tl::unexpected(code.error());
    if (code->check != frame.check)
      return failure(Error::Kind::malformed,
                     fmt::format("another object lies at {:#x} by now", frame.code_address));
    if (codes_.size() >= limit_)
      codes_.clear();
    found = codes_.insert_or_assign(frame.code_address, std::move(*code)).first;
  }
  const Code &code = found->second;
  const auto line =
      line_of(layout_.line_table, code.line_table, code.first_line, frame.instruction_bytes);
  return Frame{ .file = code.file, .function = code.function, .line = line.value_or(0) };
}

} // namespace linger::python
