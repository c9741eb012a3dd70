#include "kernel/uprobe_placement.h"

#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

namespace linger::kernel {
namespace {

std::vector<std::byte> bytes(const std::string &hex)
{
  std::vector<std::byte> bytes;
  std::istringstream words{ hex };
  for (std::string word; words >> word;)
    bytes.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
  return bytes;
}

struct Case {
  const char *description;
  const char *code;
  unsigned arguments;
  /// -1: there is no place.
  int offset;
};

// The first bytes of functions as objdump shows them.
const std::vector<Case> cases{
  { "glibc 2.36 malloc: push %r12", "41 54 55 53 48 89 fb 48 83 ec 10", 1, 0 },
  { "glibc 2.36 free: test %rdi,%rdi; je", "48 85 ff 0f 84 bf 00 00 00 55 48 8d 77 f0 53", 1, 3 },
  { "glibc 2.36 calloc: push %r13", "41 55 48 89 f8 41 54 55 53 48 83 ec 18 48 f7 e6", 2, 0 },
  { "glibc 2.36 realloc: push %r15", "41 57 41 56 41 55 41 54 55 48 89 f5 53 48 89 fb", 2, 0 },
  { "glibc 2.36 memalign: cmpb; je", "80 3d 71 0e 14 00 00 74 07 e9 32 f6 ff ff 66 90", 2, 7 },
  { "glibc 2.36 posix_memalign: cmpb; push %r12",
    "80 3d 01 02 14 00 00 41 54 49 89 d4 55 48 89 fd 53", 3, 7 },
  { "jemalloc 5.3 malloc: cmp; ja", "48 81 ff 00 10 00 00 0f 87 93 00 00 00 48 8d 15 5c 7f 2c 00",
    1, 7 },
  { "jemalloc 5.3 free: its first jump comes after many instructions",
    "48 89 f8 48 8b 15 0e 53 0a 00 48 89 f9 48 c1 e8 1a 48 81 e1 00 00 00 c0 25 f0 00 00 00 64 48 "
    "03 04 25 00 00 00 00 48 01 d0 48 3b 88 b0 01 00 00 0f 85 8a 00 00 00",
    1, 48 },
  { "built with control-flow protection: endbr64; push %rbp", "f3 0f 1e fa 55 48 89 e5", 1, 4 },
  { "tcmalloc 2.10 malloc: its first jump comes before the argument moves",
    "48 8b 05 59 ab 00 00 48 85 c0 75 75", 1, 10 },
  { "mimalloc 2.0 calloc: the count has moved to %rax",
    "48 8b 15 c9 ad 00 00 48 89 f8 64 48 8b 3a 48 83 f8 01 74 0c", 2, 18 },
  { "the argument is gone: mov %rsi,%rdi; push", "48 89 f7 55", 1, -1 },
  { "half of the argument is gone: mov %esi,%edi; push", "89 f7 55", 1, -1 },
  { "the second argument is gone, the first is not: xor %esi,%esi; push", "31 f6 55", 2, -1 },
  { "only the first is needed: xor %esi,%esi; push", "31 f6 55", 1, 2 },
  { "an argument is only looked at: test %rdi,%rdi; mov %rdi,%rax; push", "48 85 ff 48 89 f8 55", 1,
    6 },
  { "the stack has moved: sub $0x18,%rsp; push", "48 83 ec 18 55", 1, -1 },
  { "the stack has moved: lea -8(%rsp),%rsp; push", "48 8d 64 24 f8 55", 1, -1 },
  { "ends first: mov %rdi,%rax; ret", "48 89 f8 c3 55", 1, -1 },
  { "a jump leads back in front of it: test; mov; push; jmp -6", "48 85 ff 48 89 f8 55 eb fa", 1,
    -1 },
  { "a jump leads back to its begin, as a call of itself would: push; jmp -3", "55 eb fd", 1, 0 },
  { "a push that is not emulated: push $0; push", "6a 00 55", 1, -1 },
  { "a nop of several bytes is not emulated: nopw; nop", "66 0f 1f 44 00 00 90", 1, 6 },
  { "a jump through memory is not emulated", "ff 25 00 00 00 00", 1, -1 },
};

TEST(UprobePlacement, PutsTheProbeOnTheFirstEmulatedInstructionThatSeesTheArguments)
{
  for (const Case &one : cases) {
    const auto placed = place_uprobe("it", bytes(one.code), { .arguments = one.arguments });
    EXPECT_EQ(placed ? static_cast<int>(placed->offset) : -1, one.offset) << one.description;
    if (!placed) {
      EXPECT_EQ(placed.error().kind, Error::Kind::not_supported);
      EXPECT_NE(placed.error().what.find("of it "), std::string::npos);
    }
  }
}

TEST(UprobePlacement, FollowsArgumentsToWhereTheyAreCopied)
{
  const struct {
    const char *description;
    const char *code;
    unsigned arguments;
    Placement placement;
  } moved[] = {
    { "where they are handed over", "55", 3, { 0, { 7, 6, 2 } } },
    { "copied, and still there", "48 89 f8 55", 1, { 3, { 7, 6, 2 } } },
    { "mimalloc 2.0 malloc: to %rsi",
      "48 8b 05 49 b4 00 00 48 89 fe 64 48 8b 38 48 81 fe 00 04 00 00 77 29",
      1,
      { 21, { 6, 6, 2 } } },
    { "mimalloc 2.0 calloc: to %rax",
      "48 8b 15 c9 ad 00 00 48 89 f8 64 48 8b 3a 48 83 f8 01 74 08",
      2,
      { 18, { 0, 6, 2 } } },
    { "mimalloc 2.0 realloc: to %rsi, and what was there to %rdx",
      "48 8b 05 49 a9 00 00 48 89 f2 48 89 fe 64 48 8b 00 48 89 c7 e9 f7 4e ff ff",
      2,
      { 20, { 6, 2, 2 } } },
    { "to %r8 and on to %r9", "49 89 f8 4d 89 c1 31 ff 45 31 c0 55", 1, { 11, { 9, 6, 2 } } },
  };
  for (const auto &one : moved) {
    const auto placed = place_uprobe("it", bytes(one.code), { .arguments = one.arguments });
    ASSERT_TRUE(placed) << one.description;
    EXPECT_EQ(placed->offset, one.placement.offset) << one.description;
    EXPECT_EQ(placed->registers, one.placement.registers) << one.description;
  }
  // Half of it is not it.
  EXPECT_FALSE(place_uprobe("it", bytes("89 fe 31 ff 55"), { .arguments = 1 }));
}

TEST(UprobePlacement, NeverReadsBehindBytesThatAreCutAnywhere)
{
  for (const Case &one : cases) {
    const std::vector<std::byte> whole = bytes(one.code);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // On the heap, so that a sanitizer sees it.
      const std::vector<std::byte> cut(whole.begin(),
                                       whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto placed = place_uprobe("it", cut, { .arguments = one.arguments });
      if (placed)
        EXPECT_LT(placed->offset, size) << one.description << " cut to " << size;
    }
  }
}

TEST(UprobePlacement, FindsNoPlaceOrOneInsideWhateverTheBytesAre)
{
  std::uint32_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> code(round % 64);
    for (std::byte &byte : code) {
      state = state * 1664525 + 1013904223;
      byte = static_cast<std::byte>(state >> 24);
    }
    const auto placed = place_uprobe("it", code, { .arguments = 3 });
    if (placed) {
      ASSERT_LT(placed->offset, code.size());
      EXPECT_TRUE(is_emulated(std::span(code).subspan(placed->offset)));
    }
  }
}

} // namespace
} // namespace linger::kernel
