#include "kernel/elf_functions.h"

#include <algorithm>
#include <gelf.h>
#include <memory>
#include <unistd.h>

namespace linger::kernel {
namespace {

/// Of a function whose size the file does not say, or that is larger.
constexpr std::uint64_t most_code_bytes = 4096;

struct EndElf {
  void operator()(Elf *elf) const noexcept { elf_end(elf); }
};
using OwnedElf = std::unique_ptr<Elf, EndElf>;

struct Segment {
  std::uint64_t address = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t file_bytes = 0;
};

std::vector<Segment> loaded_segments(Elf *elf)
{
  std::vector<Segment> segments;
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0)
    return segments;
  for (std::size_t index = 0; index < count; ++index) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(index), &header) && header.p_type == PT_LOAD)
      segments.push_back({ header.p_vaddr, header.p_offset, header.p_filesz });
  }
  return segments;
}

/// The bytes from `address` on, at most `most_bytes`, and where they are; nothing where the file
/// has none.
std::optional<ElfFunction> function_at(int fd, const std::vector<Segment> &segments,
                                       std::uint64_t address, std::uint64_t most_bytes)
{
  for (const Segment &segment : segments) {
    if (address < segment.address || address - segment.address >= segment.file_bytes)
      continue;
    const std::uint64_t into = address - segment.address;
    ElfFunction function{ .name = {}, .file_offset = segment.file_offset + into, .code = {} };
    function.code.resize(std::min(most_bytes, segment.file_bytes - into));
    const ssize_t got = ::pread(fd, function.code.data(), function.code.size(),
                                static_cast<off_t>(function.file_offset));
    if (got <= 0)
      return std::nullopt;
    function.code.resize(static_cast<std::size_t>(got));
    return function;
  }
  return std::nullopt;
}

template <typename Visit>
void for_each_section(Elf *elf, std::uint32_t type, const Visit &visit)
{
  Elf_Scn *section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) && header.sh_type == type && header.sh_entsize != 0) {
      if (Elf_Data *data = elf_getdata(section, nullptr))
        visit(*data, header);
    }
  }
}

std::vector<ElfFunction> defined_in(Elf *elf, int fd, std::uint32_t table,
                                    const std::vector<Segment> &segments,
                                    std::span<const std::string_view> wanted)
{
  std::vector<ElfFunction> found;
  for_each_section(elf, table, [&](Elf_Data &data, const GElf_Shdr &header) {
    for (std::uint64_t index = 0; index < data.d_size / header.sh_entsize; ++index) {
      GElf_Sym symbol;
      if (!gelf_getsym(&data, static_cast<int>(index), &symbol) || symbol.st_shndx == SHN_UNDEF ||
          GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
        continue;
      const char *text = elf_strptr(elf, header.sh_link, symbol.st_name);
      if (!text || std::ranges::find(wanted, std::string_view(text)) == wanted.end())
        continue;
      const std::uint64_t bytes = symbol.st_size == 0 ? most_code_bytes : symbol.st_size;
      if (auto function =
              function_at(fd, segments, symbol.st_value, std::min(bytes, most_code_bytes))) {
        function->name = text;
        found.push_back(std::move(*function));
      }
    }
  });
  return found;
}

std::optional<std::uint64_t> slot_of(Elf *elf, std::string_view imported)
{
  std::optional<std::uint64_t> slot;
  for_each_section(elf, SHT_RELA, [&](Elf_Data &data, const GElf_Shdr &header) {
    Elf_Scn *symbols = elf_getscn(elf, header.sh_link);
    Elf_Data *symbol_data = symbols ? elf_getdata(symbols, nullptr) : nullptr;
    GElf_Shdr symbol_header;
    if (!symbol_data || !gelf_getshdr(symbols, &symbol_header))
      return;
    for (std::uint64_t index = 0; index < data.d_size / header.sh_entsize; ++index) {
      GElf_Rela relocation;
      GElf_Sym symbol;
      if (!gelf_getrela(&data, static_cast<int>(index), &relocation))
        continue;
      const auto type = GELF_R_TYPE(relocation.r_info);
      if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) ||
          !gelf_getsym(symbol_data, static_cast<int>(GELF_R_SYM(relocation.r_info)), &symbol))
        continue;
      const char *text = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
      if (text && imported == text)
        slot = relocation.r_offset;
    }
  });
  return slot;
}

} // namespace

Result<ElfImports> read_elf_functions(int fd, const std::string &name,
                                      std::span<const std::string_view> wanted,
                                      std::string_view imported)
{
  elf_version(EV_CURRENT);
  const OwnedElf elf{ elf_begin(fd, ELF_C_READ, nullptr) };
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || !gelf_getehdr(elf.get(), &header))
    return failure(Error::Kind::malformed, name + " is no ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
    return failure(Error::Kind::not_supported, name + " is not for x86-64");

  const std::vector<Segment> segments = loaded_segments(elf.get());
  ElfImports imports;
  if (!segments.empty())
    imports.first_byte_address = segments.front().address - segments.front().file_offset;
  imports.functions = defined_in(elf.get(), fd, SHT_DYNSYM, segments, wanted);
  if (imports.functions.empty())
    imports.functions = defined_in(elf.get(), fd, SHT_SYMTAB, segments, wanted);
  imports.slot_address = slot_of(elf.get(), imported);
  return imports;
}

} // namespace linger::kernel
