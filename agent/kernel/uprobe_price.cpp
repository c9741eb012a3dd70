#include "kernel/uprobe_price.h"

#include "kernel/clock.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <optional>
#include <unistd.h>

// Begins with the instruction that the allocators' functions begin with.
extern "C" void linger_measured_function();
asm(".text\n"
    ".type linger_measured_function, @function\n"
    "linger_measured_function:\n"
    "  push %rbp\n"
    "  pop %rbp\n"
    "  ret\n"
    ".size linger_measured_function, . - linger_measured_function\n");

namespace linger::kernel {
namespace {

constexpr int calls = 1000;
/// The least of some: what else runs on the machine only ever adds.
constexpr int rounds = 4;

std::optional<std::uint64_t> file_offset_of(std::uint64_t address)
{
  std::ifstream maps{ "/proc/self/maps" };
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &begin, &end, &offset) ==
            3 &&
        begin <= address && address < end)
      return offset + (address - begin);
  }
  return std::nullopt;
}

std::chrono::nanoseconds time_of_calls()
{
  const auto begin = monotonic_now();
  for (int i = 0; i < calls; ++i)
    linger_measured_function();
  return monotonic_now() - begin;
}

} // namespace

Result<std::chrono::nanoseconds> measure_uprobe(const bpf_program &program, UprobeWay way)
{
  const auto offset = file_offset_of(reinterpret_cast<std::uintptr_t>(&linger_measured_function));
  if (!offset)
    return failure(Error::Kind::internal, "this program's own code is not where it should be");
  const auto links = UprobeLinks::attach(program, way,
                                         { .path = "/proc/self/exe",
                                           .tgid = static_cast<std::uint32_t>(::getpid()),
                                           .points = { { .file_offset = *offset, .cookie = 0 } } },
                                         false);
  if (!links)
    return tl::unexpected(links.error());
  std::chrono::nanoseconds least = std::chrono::nanoseconds::max();
  for (int i = 0; i < rounds; ++i)
    least = std::min(least, time_of_calls());
  return least / calls;
}

} // namespace linger::kernel
