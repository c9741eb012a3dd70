#include "kernel/uprobe_placement.h"

#include <Zydis/Zydis.h>
#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <vector>

namespace linger::kernel {
namespace {

/// A prologue that has not come to anything by then will not.
constexpr std::size_t most_bytes = 128;

constexpr std::array argument_registers{ ZYDIS_REGISTER_RDI, ZYDIS_REGISTER_RSI,
                                         ZYDIS_REGISTER_RDX };

struct Instruction {
  std::uint64_t offset = 0;
  ZydisDecodedInstruction decoded{};
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
};

class Decoder {
public:
  explicit Decoder(std::span<const std::byte> code) : code_(code)
  {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  }

  /// nullopt where the bytes end or make no instruction.
  [[nodiscard]] std::optional<Instruction> at(std::uint64_t offset) const
  {
    if (offset >= code_.size())
      return std::nullopt;
    Instruction instruction{ .offset = offset };
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder_, code_.data() + offset,
                                             code_.size() - offset, &instruction.decoded,
                                             instruction.operands.data())))
      return std::nullopt;
    return instruction;
  }

private:
  std::span<const std::byte> code_;
  ZydisDecoder decoder_{};
};

bool is_jump(const Instruction &instruction)
{
  return instruction.decoded.meta.category == ZYDIS_CATEGORY_COND_BR ||
         instruction.decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
}

/// Where the function's own jumps lead to, as offsets. Indirect ones are those of switches, which
/// lead on, not back to the function's first instructions.
std::vector<std::uint64_t> jump_targets(const Decoder &decoder)
{
  std::vector<std::uint64_t> targets;
  std::uint64_t offset = 0;
  while (const auto instruction = decoder.at(offset)) {
    const ZydisDecodedOperand &first = instruction->operands.front();
    offset += instruction->decoded.length;
    if (is_jump(*instruction) && first.type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
        first.imm.is_relative)
      targets.push_back(offset + static_cast<std::uint64_t>(first.imm.value.s));
  }
  return targets;
}

/// Whether what the probe needs is no longer there behind this instruction.
bool destroys(const Instruction &instruction, unsigned arguments)
{
  for (std::size_t i = 0; i < instruction.decoded.operand_count; ++i) {
    const ZydisDecodedOperand &operand = instruction.operands[i];
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
        (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
      continue;
    const ZydisRegister whole =
        ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value);
    const auto needed = std::span(argument_registers).first(arguments);
    if (whole == ZYDIS_REGISTER_RSP || std::ranges::find(needed, whole) != needed.end())
      return true;
  }
  return false;
}

/// Whether the instruction behind this one need not be the next.
bool leads_away(const Instruction &instruction)
{
  switch (instruction.decoded.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_INTERRUPT:
      return true;
    default:
      return false;
  }
}

} // namespace

bool is_emulated(std::span<const std::byte> instruction)
{
  const auto byte = [&](std::size_t at) {
    return at < instruction.size() ? std::to_integer<unsigned>(instruction[at]) : 0U;
  };
  const auto pushes_register = [](unsigned opcode) { return opcode >= 0x50 && opcode <= 0x57; };
  // arch/x86/kernel/uprobes.c: branch_setup_xol_ops() and push_setup_xol_ops(). A prefix in front
  // of a jump or a call is refused there, or changes nothing that the processor heeds.
  switch (byte(0)) {
    case 0xe8: // call
    case 0xe9: // jmp
    case 0xeb:
    case 0x90: // nop
      return true;
    case 0x0f: // jcc with 32 bits
      return byte(1) >= 0x80 && byte(1) <= 0x8f;
    case 0x41: // push of r8 to r15
      return pushes_register(byte(1));
    default:
      return pushes_register(byte(0)) || (byte(0) >= 0x70 && byte(0) <= 0x7f);
  }
}

Result<std::uint64_t> place_uprobe(const std::string &function, std::span<const std::byte> code,
                                   const PlacementNeeds &needs)
{
  assert(needs.arguments <= argument_registers.size());
  const Decoder decoder{ code };
  const std::vector<std::uint64_t> targets = jump_targets(decoder);
  std::uint64_t offset = 0;
  while (offset < most_bytes) {
    const auto instruction = decoder.at(offset);
    if (!instruction)
      break;
    // Who jumps to here or further up would meet the probe twice, or never.
    if (std::ranges::any_of(targets, [&](std::uint64_t to) { return to != 0 && to <= offset; }))
      break;
    if (is_emulated(code.subspan(offset)))
      return offset;
    if (leads_away(*instruction) || destroys(*instruction, needs.arguments))
      break;
    offset += instruction->decoded.length;
  }
  return failure(Error::Kind::not_supported,
                 "no instruction at the begin of " + function +
                     " is one that the kernel emulates while the arguments still stand in their "
                     "registers: a probe there would cost too much");
}

} // namespace linger::kernel
