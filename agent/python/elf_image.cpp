#include "python/elf_image.h"

#include <array>
#include <fmt/format.h>
#include <gelf.h>
#include <memory>
#include <string_view>
#include <utility>

namespace linger::python {
namespace {

struct EndElf {
  void operator()(Elf *elf) const noexcept { elf_end(elf); }
};
using OwnedElf = std::unique_ptr<Elf, EndElf>;

constexpr std::array wanted{
  std::pair{ std::string_view("_PyRuntime"), &ElfImage::runtime_address },
  std::pair{ std::string_view("Py_Version"), &ElfImage::version_address },
  std::pair{ std::string_view("PyCode_Type"), &ElfImage::code_type_address },
  std::pair{ std::string_view("PyUnicode_Type"), &ElfImage::unicode_type_address },
};

void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr &header, ElfImage &image)
{
  Elf_Data *data = elf_getdata(section, nullptr);
  if (!data || header.sh_entsize == 0)
    return;
  const std::uint64_t count = data->d_size / header.sh_entsize;
  for (std::uint64_t index = 0; index < count; ++index) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, static_cast<int>(index), &symbol) || symbol.st_shndx == SHN_UNDEF)
      continue;
    const char *text = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (!text)
      continue;
    for (const auto &[name, address] : wanted) {
      if (name == text)
        image.*address = symbol.st_value;
    }
  }
}

void read_sections(Elf *elf, std::uint32_t type, ElfImage &image)
{
  Elf_Scn *section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) && header.sh_type == type)
      read_symbols(elf, section, header, image);
  }
}

/// 3.10 and newer have a section of this name with nothing else in it.
void read_runtime_section(Elf *elf, ElfImage &image)
{
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0)
    return;
  Elf_Scn *section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header))
      continue;
    const char *name = elf_strptr(elf, names, header.sh_name);
    if (name && std::string_view(name) == ".PyRuntime")
      image.runtime_address = header.sh_addr;
  }
}

void read_segments(Elf *elf, ElfImage &image)
{
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0)
    return;
  for (std::size_t index = 0; index < count; ++index) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(index), &segment) && segment.p_type == PT_LOAD) {
      image.first_byte_address = segment.p_vaddr - segment.p_offset;
      return;
    }
  }
}

} // namespace

Result<ElfImage> read_elf_image(int fd, const std::string &name)
{
  elf_version(EV_CURRENT);
  const OwnedElf elf{ elf_begin(fd, ELF_C_READ, nullptr) };
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || !gelf_getehdr(elf.get(), &header))
    return failure(Error::Kind::malformed, fmt::format("{} is no ELF file", name));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
    return failure(Error::Kind::not_supported, fmt::format("{} is not for x86-64", name));

  ElfImage image;
  image.fixed_position = header.e_type == ET_EXEC;
  read_segments(elf.get(), image);
  read_sections(elf.get(), SHT_DYNSYM, image);
  if (image.runtime_address == 0)
    read_sections(elf.get(), SHT_SYMTAB, image);
  if (image.runtime_address == 0)
    read_runtime_section(elf.get(), image);
  return image;
}

} // namespace linger::python
