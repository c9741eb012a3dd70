// The CPython that a process has mapped.

#pragma once

#include "base/result.h"
#include "python/elf_image.h"
#include "python/layout.h"
#include "python/memory.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace linger::python {

/// One mapped file that may hold the interpreter, as /proc/TGID/maps names it.
struct MappedInterpreter {
  /// In the process's own root; " (deleted)" is taken away.
  std::string file;
  std::uint64_t begin_address = 0;
  std::uint64_t end_address = 0;
  bool is_library = false;
  /// The process's C library is musl.
  bool musl = false;
};

/// From the text of /proc/TGID/maps: libpython where it is mapped, else the executable, whose path
/// the caller knows. nullopt when neither is mapped from its first byte on.
[[nodiscard]] std::optional<MappedInterpreter> interpreter_in(std::string_view maps,
                                                              std::string_view executable);

/// "3.11" from a file's name: "python3.11", "libpython3.8.so.1.0", "libpython3.13t.so" (which is
/// another layout, and so nullopt).
[[nodiscard]] std::optional<Version> version_in_name(std::string_view file);

/// Py_Version and the debug offsets' version are packed alike: 0x030b02f0 is 3.11.2.
[[nodiscard]] constexpr Version unpacked(std::uint32_t version)
{
  return { static_cast<std::uint8_t>(version >> 24U),
           static_cast<std::uint8_t>((version >> 16U) & 0xffU) };
}

struct Interpreter {
  Version version;
  std::string file;
  std::uint64_t runtime_address = 0;
  /// 0 where the file does not name them.
  std::uint64_t code_type_address = 0;
  std::uint64_t unicode_type_address = 0;
  bool musl = false;
};

/// not_found when the process runs no CPython, not_supported when its version cannot be told.
/// `proc` is where procfs is mounted, `memory` that process's.
[[nodiscard]] Result<Interpreter> find_interpreter(const std::filesystem::path &proc,
                                                   std::uint32_t tgid, const Memory &memory);

/// The working directory of `tgid` as the process itself names it; empty when it cannot be told.
[[nodiscard]] std::string working_directory_of(const std::filesystem::path &proc,
                                               std::uint32_t tgid);

} // namespace linger::python
