#include "collect/allocator.h"

#include "base/unique_fd.h"
#include "kernel/elf_functions.h"
#include "kernel/uprobe_placement.h"
#include "python/memory.h"

#include "wire/allocation_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <set>
#include <sys/stat.h>

namespace linger::collect {
namespace {

namespace fs = std::filesystem;

struct Call {
  std::string_view function;
  std::uint64_t call = 0;
  unsigned arguments = 0;
  /// musl's calls one of the others by its public name, where it would be counted again.
  bool has_own_probe_in_musl = true;
};

/// reallocarray() calls realloc() everywhere.
constexpr std::array calls{
  Call{ "malloc", ALLOCATION_MALLOC, 1 },
  Call{ "calloc", ALLOCATION_CALLOC, 2, false },
  Call{ "realloc", ALLOCATION_REALLOC, 2 },
  Call{ "memalign", ALLOCATION_ALIGNED, 2, false },
  Call{ "aligned_alloc", ALLOCATION_ALIGNED, 2 },
  Call{ "posix_memalign", ALLOCATION_POSIX_MEMALIGN, 3, false },
  Call{ "valloc", ALLOCATION_MALLOC, 1, false },
  Call{ "pvalloc", ALLOCATION_MALLOC, 1 },
};
/// Which only the interpreter defines.
constexpr std::string_view interpreter_function = "PyObject_Malloc";
constexpr std::array<std::string_view, 10> names{
  interpreter_function, "malloc",         "calloc", "realloc", "memalign",
  "aligned_alloc",      "posix_memalign", "valloc", "pvalloc", "free"
};
/// Without these three there is nothing to see.
constexpr std::array<std::string_view, 3> needed{ "malloc", "realloc", "free" };

/// What a uprobe puts in place of an instruction's first byte: somebody else's may be there.
constexpr std::byte breakpoint{ 0xcc };
constexpr std::size_t compared_bytes = 8;

struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t inode = 0;
  std::string path;
  bool executable = false;
};

struct Image {
  std::string path;
  std::vector<Mapping> mappings;
  kernel::ElfImports imports;

  /// Where the process has this byte of the file; 0 where it has not.
  [[nodiscard]] std::uint64_t address_of(std::uint64_t file_offset) const
  {
    for (const Mapping &mapping : mappings) {
      if (file_offset >= mapping.file_offset &&
          file_offset - mapping.file_offset < mapping.end - mapping.begin)
        return mapping.begin + (file_offset - mapping.file_offset);
    }
    return 0;
  }

  [[nodiscard]] const kernel::ElfFunction *function(std::string_view name) const
  {
    const auto found = std::ranges::find(imports.functions, name, &kernel::ElfFunction::name);
    return found == imports.functions.end() ? nullptr : &*found;
  }
};

std::vector<Mapping> mappings_of(const fs::path &proc, std::uint32_t tgid)
{
  std::vector<Mapping> mappings;
  std::ifstream file{ proc / std::to_string(tgid) / "maps" };
  for (std::string line; std::getline(file, line);) {
    Mapping mapping;
    std::array<char, 5> mode{};
    int path_at = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n",
                    &mapping.begin, &mapping.end, mode.data(), &mapping.file_offset, &mapping.inode,
                    &path_at) != 5 ||
        path_at == 0 || line[static_cast<std::size_t>(path_at)] != '/')
      continue;
    mapping.path = line.substr(static_cast<std::size_t>(path_at));
    mapping.executable = mode[2] == 'x';
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

/// As the kernel is to open it: below the process's own root.
std::string path_from_here(const fs::path &proc, std::uint32_t tgid, const std::string &path)
{
  return (proc / std::to_string(tgid) / "root").string() + path;
}

std::string file_name_of(const std::string &path)
{
  return path.substr(path.rfind('/') + 1);
}

std::vector<Image> images_of(const fs::path &proc, std::uint32_t tgid)
{
  std::vector<Image> images;
  for (Mapping &mapping : mappings_of(proc, tgid)) {
    const auto known = std::ranges::find(images, mapping.path, &Image::path);
    if (known != images.end())
      known->mappings.push_back(std::move(mapping));
    else
      images.push_back({ .path = mapping.path, .mappings = { mapping }, .imports = {} });
  }
  std::erase_if(images, [&](Image &image) {
    if (std::ranges::none_of(image.mappings, &Mapping::executable))
      return true;
    const UniqueFd file{ ::open(path_from_here(proc, tgid, image.path).c_str(),
                                O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) };
    struct stat status {};
    // Another file may stand there by now.
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_ino != image.mappings.front().inode)
      return true;
    auto imports = kernel::read_elf_functions(file.get(), image.path, names, "malloc");
    if (!imports)
      return true;
    image.imports = std::move(*imports);
    return false;
  });
  return images;
}

/// Which of them answers the calls of malloc() that the first image makes which makes any: the
/// executable, or the interpreter's library.
const Image *answering(const std::vector<Image> &images, const python::Memory &memory)
{
  for (const Image &caller : images) {
    if (!caller.imports.slot_address)
      continue;
    const Mapping &first = caller.mappings.front();
    const std::uint64_t bias = first.begin - first.file_offset - caller.imports.first_byte_address;
    const auto target = memory.value<std::uint64_t>(*caller.imports.slot_address + bias);
    if (!target)
      continue;
    for (const Image &image : images) {
      const kernel::ElfFunction *function = image.function("malloc");
      if (function != nullptr && image.address_of(function->file_offset) == *target)
        return &image;
    }
  }
  // Nobody calls it by way of the dynamic linker: it is linked statically.
  if (!images.empty() && images.front().function("malloc") != nullptr)
    return &images.front();
  return nullptr;
}

/// What tells the probe where the arguments are.
std::uint64_t cookie_of(const kernel::Placement &placement)
{
  if (placement.registers == kernel::Placement{}.registers)
    return 0;
  std::uint64_t cookie = ALLOCATION_MOVED;
  unsigned shift = ALLOCATION_REGISTERS_SHIFT;
  for (const std::uint8_t number : placement.registers) {
    cookie |= std::uint64_t{ number } << shift;
    shift += 4;
  }
  return cookie;
}

/// A probe on a function that takes so many arguments.
Result<kernel::UprobePoint> checked_point(const Image &image, const kernel::ElfFunction &function,
                                          unsigned arguments, const python::Memory &memory)
{
  const std::string name = function.name + " of " + image.path;
  const auto into = kernel::place_uprobe(name, function.code, { .arguments = arguments });
  if (!into)
    return tl::unexpected(into.error());
  const std::uint64_t address = image.address_of(function.file_offset);
  std::array<std::byte, compared_bytes> runs{};
  const auto expected = std::span(function.code).subspan(into->offset);
  const std::size_t count = std::min(runs.size(), expected.size());
  if (const auto read = memory.read(address + into->offset, std::span(runs).first(count)); !read)
    return because("compare the instructions of " + name, read.error());
  const bool probed = runs.front() == breakpoint;
  if (!std::equal(runs.begin() + (probed ? 1 : 0), runs.begin() + static_cast<long>(count),
                  expected.begin() + (probed ? 1 : 0)))
    return failure(Error::Kind::not_supported,
                   "the process runs other instructions than the file has for " + name);
  return kernel::UprobePoint{ .file_offset = function.file_offset + into->offset,
                              .cookie = cookie_of(*into) };
}

/// Where the code is that maps memory to hand it out in parts.
std::vector<CodeRange> own_code(const std::vector<Image> &images, const Image &allocator)
{
  constexpr std::string_view glibc = "libc.so.6";
  if (std::ranges::none_of(images,
                           [&](const Image &image) { return file_name_of(image.path) == glibc; }))
    return {};
  std::vector<CodeRange> code;
  for (const Image &image : images) {
    if (image.path != allocator.path && file_name_of(image.path) != glibc &&
        image.function(interpreter_function) == nullptr)
      continue;
    for (const Mapping &mapping : image.mappings) {
      if (mapping.executable)
        code.push_back({ .begin = mapping.begin, .end = mapping.end });
    }
  }
  return code;
}

bool is_musl(const std::string &name)
{
  // Debian's is called as a linker's script of glibc is, which nobody maps.
  return name == "libc.so" || name.starts_with("ld-musl-") || name.starts_with("libc.musl-");
}

} // namespace

Result<Allocator> find_allocator(const fs::path &proc, std::uint32_t tgid)
{
  const python::ProcessMemory memory{ tgid };
  const std::vector<Image> images = images_of(proc, tgid);
  if (images.empty())
    return failure(Error::Kind::not_found,
                   "process " + std::to_string(tgid) + " has nothing mapped that can be read");
  const Image *image = answering(images, memory);
  if (image == nullptr)
    return failure(Error::Kind::not_supported,
                   "process " + std::to_string(tgid) + " has no malloc() that was found");
  for (const std::string_view function : needed) {
    if (image->function(function) == nullptr)
      return failure(Error::Kind::not_supported,
                     image->path + " defines no " + std::string(function) + "()");
  }

  Allocator allocator{ .name = file_name_of(image->path),
                       .allocations = {},
                       .frees = {},
                       .own_code = own_code(images, *image) };
  allocator.allocations = { .path = path_from_here(proc, tgid, image->path),
                            .tgid = tgid,
                            .points = {} };
  allocator.frees = allocator.allocations;
  const bool glibc = allocator.name == "libc.so.6";
  const bool musl = is_musl(allocator.name);
  std::set<std::uint64_t> taken; // some are other names of one function
  for (const Call &call : calls) {
    const kernel::ElfFunction *function = image->function(call.function);
    if (function == nullptr || (musl && !call.has_own_probe_in_musl) ||
        !taken.insert(function->file_offset).second)
      continue;
    auto point = checked_point(*image, *function, call.arguments, memory);
    if (!point)
      return tl::unexpected(point.error());
    point->cookie |= call.call;
    if (glibc && call.call == ALLOCATION_REALLOC)
      point->cookie |= ALLOCATION_GLIBC;
    allocator.allocations.points.push_back(*point);
  }
  const auto freeing = checked_point(*image, *image->function("free"), 1, memory);
  if (!freeing)
    return tl::unexpected(freeing.error());
  allocator.frees.points.push_back(*freeing);
  return allocator;
}

} // namespace linger::collect
