// What an ELF file says about the interpreter in it.

#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linger::python {

/// Addresses as linked: add the load bias for those of a process. 0: not there.
struct ElfImage {
  std::uint64_t runtime_address = 0; // _PyRuntime
  std::uint64_t version_address = 0; // Py_Version, 3.11 and newer
  std::uint64_t code_type_address = 0;
  std::uint64_t unicode_type_address = 0;
  /// The address at which the file's first byte would be mapped.
  std::uint64_t first_byte_address = 0;
  /// Mapped where it was linked for: no bias.
  bool fixed_position = false;
};

/// Reads the dynamic symbols and, where they say nothing, the static ones; a stripped file has the
/// former. Needs a 64-bit x86-64 file. malformed for anything else.
[[nodiscard]] Result<ElfImage> read_elf_image(int fd, const std::string &name);

} // namespace linger::python
