// Where in a function a uprobe costs little and still sees the arguments.

#pragma once

#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linger::kernel {

/// What the program at the probe reads.
struct PlacementNeeds {
  /// How many arguments, from the first on, shall still stand in registers: at most 3.
  unsigned arguments = 1;
};

struct Placement {
  /// From the function's first byte.
  std::uint64_t offset = 0;
  /// Which register holds each argument there, by the processor's number: 7 is %rdi, 6 %rsi, 2
  /// %rdx. Those that are not needed stand where they are handed over.
  std::array<std::uint8_t, 3> registers{ 7, 6, 2 };

  bool operator==(const Placement &) const = default;
};

/// Where in `code`, which is a function's bytes from its first one on, the first instruction is
/// that the kernel emulates while the arguments stand in registers, their own or others that they
/// were copied to, and the return address on top of the stack, on every way through the function:
/// an instruction that it has to step over out of line costs two more traps, which in a virtual
/// machine is thirty times the price. x86-64. not_supported with a sentence, about `function`, when
/// there is none.
[[nodiscard]] Result<Placement> place_uprobe(const std::string &function,
                                             std::span<const std::byte> code,
                                             const PlacementNeeds &needs);

/// Whether these bytes begin with an instruction that every kernel since v4.20 emulates for a
/// uprobe: `push` of a register, `nop` of one byte, `jmp`, `call`, and the conditional jumps.
[[nodiscard]] bool is_emulated(std::span<const std::byte> instruction);

} // namespace linger::kernel
