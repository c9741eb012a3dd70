// Functions in an ELF file, by name.

#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::kernel {

struct ElfFunction {
  std::string name;
  /// Where its first byte is in the file.
  std::uint64_t file_offset = 0;
  std::vector<std::byte> code;
};

struct ElfImports {
  std::vector<ElfFunction> functions;
  /// Where the dynamic linker writes the address of the function asked for, as an address before
  /// the load bias; nothing where the file does not call it by way of the linker.
  std::optional<std::uint64_t> slot_address;
  /// The address at which the file's first byte would be mapped.
  std::uint64_t first_byte_address = 0;
};

/// Those of `wanted` that the file defines, in no order: of its dynamic symbols, or, where it
/// defines none of them there, of its static ones; and the slot of `imported`. x86-64 only.
/// `name` is for the sentence of an error.
[[nodiscard]] Result<ElfImports> read_elf_functions(int fd, const std::string &name,
                                                    std::span<const std::string_view> wanted,
                                                    std::string_view imported);

} // namespace linger::kernel
