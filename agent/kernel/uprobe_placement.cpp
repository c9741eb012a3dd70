#include "kernel/uprobe_placement.h"

#include <Zydis/Zydis.h>
#include <algorithm>
#include <array>
#include <bit>
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

/// A general-purpose register by the processor's number; nullopt for others.
std::optional<std::uint8_t> number_of(ZydisRegister part)
{
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, part);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
    return std::nullopt;
  return static_cast<std::uint8_t>(whole - ZYDIS_REGISTER_RAX);
}

/// Where the arguments of a function are while it runs.
class Arguments {
public:
  explicit Arguments(unsigned needed) : needed_(needed)
  {
    for (std::size_t i = 0; i < argument_registers.size(); ++i)
      holders_[i] = bit(*number_of(argument_registers[i]));
  }

  /// False when something that is needed is no longer there behind this instruction.
  [[nodiscard]] bool follow(const Instruction &instruction)
  {
    Registers written = 0;
    for (std::size_t i = 0; i < instruction.decoded.operand_count; ++i) {
      const ZydisDecodedOperand &operand = instruction.operands[i];
      if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
          (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
        continue;
      if (const auto number = number_of(operand.reg.value))
        written |= bit(*number);
    }
    if ((written & bit(*number_of(ZYDIS_REGISTER_RSP))) != 0)
      return false;
    const Registers copied = copied_from(instruction);
    for (Registers &holders : std::span(holders_).first(needed_)) {
      const bool copies = (holders & copied) != 0;
      holders = copies ? holders | written : holders & ~written;
      if (holders == 0)
        return false;
    }
    return true;
  }

  [[nodiscard]] std::array<std::uint8_t, 3> registers() const
  {
    std::array<std::uint8_t, 3> registers{};
    for (std::size_t i = 0; i < registers.size(); ++i) {
      const std::uint8_t own = *number_of(argument_registers[i]);
      registers[i] = i >= needed_ || (holders_[i] & bit(own)) != 0
                         ? own
                         : static_cast<std::uint8_t>(std::countr_zero(holders_[i]));
    }
    return registers;
  }

private:
  using Registers = std::uint32_t; // a bit each

  static Registers bit(std::uint8_t number) { return Registers{ 1 } << number; }

  /// The register that the instruction copies to another, all of it; 0 for any other instruction.
  static Registers copied_from(const Instruction &instruction)
  {
    constexpr unsigned whole_bits = 64;
    const ZydisDecodedOperand &to = instruction.operands[0];
    const ZydisDecodedOperand &from = instruction.operands[1];
    if (instruction.decoded.mnemonic != ZYDIS_MNEMONIC_MOV ||
        to.type != ZYDIS_OPERAND_TYPE_REGISTER || from.type != ZYDIS_OPERAND_TYPE_REGISTER ||
        to.size != whole_bits || from.size != whole_bits)
      return 0;
    const auto number = number_of(from.reg.value);
    return number ? bit(*number) : 0;
  }

  unsigned needed_;
  std::array<Registers, argument_registers.size()> holders_{};
};

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

Result<Placement> place_uprobe(const std::string &function, std::span<const std::byte> code,
                               const PlacementNeeds &needs)
{
  assert(needs.arguments <= argument_registers.size());
  const Decoder decoder{ code };
  const std::vector<std::uint64_t> targets = jump_targets(decoder);
  Arguments arguments{ needs.arguments };
  std::uint64_t offset = 0;
  while (offset < most_bytes) {
    const auto instruction = decoder.at(offset);
    if (!instruction)
      break;
    // Who jumps to here or further up would meet the probe twice, or never.
    if (std::ranges::any_of(targets, [&](std::uint64_t to) { return to != 0 && to <= offset; }))
      break;
    if (is_emulated(code.subspan(offset)))
      return Placement{ .offset = offset, .registers = arguments.registers() };
    if (leads_away(*instruction) || !arguments.follow(*instruction))
      break;
    offset += instruction->decoded.length;
  }
  return failure(Error::Kind::not_supported,
                 "no instruction at the begin of " + function +
                     " is one that the kernel emulates while the arguments still stand in "
                     "registers: a probe there would cost too much");
}

} // namespace linger::kernel
