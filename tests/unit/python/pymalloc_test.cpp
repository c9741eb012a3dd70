#include "python/pymalloc.h"

#include "python/memory.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace linger::python {
namespace {

using Header = std::array<std::byte, pool_header_bytes>;

struct Fields {
  std::uint32_t used_blocks = 0;
  std::uint32_t size_class = 0;
  std::uint32_t next_offset = 0;
  std::uint32_t max_next_offset = 0;
};

std::optional<PoolUse> use_of(const Fields &fields, std::uint32_t pool_bytes)
{
  Header header{};
  std::memcpy(header.data(), &fields.used_blocks, 4);
  std::memcpy(header.data() + 36, &fields.size_class, 4);
  std::memcpy(header.data() + 40, &fields.next_offset, 4);
  std::memcpy(header.data() + 44, &fields.max_next_offset, 4);
  return pool_use(header, pool_bytes);
}

/// A pool of 64-byte blocks of which the first 10 have been handed out and 7 are.
constexpr Fields pool{
  .used_blocks = 7, .size_class = 3, .next_offset = 48 + 10 * 64, .max_next_offset = 16384 - 64
};

TEST(Pool, TellsItsBlocks)
{
  EXPECT_EQ(use_of(pool, 16384), (PoolUse{ .used_blocks = 7, .block_bytes = 64 }));
  EXPECT_EQ(pool_bytes_of({ 3, 9 }), 4096U);
  EXPECT_EQ(pool_bytes_of({ 3, 10 }), 16384U);
}

TEST(Pool, IsNothingElse)
{
  EXPECT_FALSE(use_of({}, 16384)) << "fresh memory";
  EXPECT_FALSE(use_of(pool, 4096)) << "the pool of another version";
  const auto changed = [](std::uint32_t Fields::*field, std::uint32_t value) {
    Fields fields = pool;
    fields.*field = value;
    return use_of(fields, 16384);
  };
  EXPECT_FALSE(changed(&Fields::size_class, 32)) << "512 bytes is the last class";
  EXPECT_FALSE(changed(&Fields::size_class, 0xffff)) << "DUMMY_SIZE_IDX: not yet given a class";
  EXPECT_FALSE(changed(&Fields::size_class, 4)) << "its end says another class";
  EXPECT_FALSE(changed(&Fields::next_offset, 47));
  EXPECT_FALSE(changed(&Fields::next_offset, 48 + 65)) << "in the middle of a block";
  EXPECT_FALSE(changed(&Fields::next_offset, 16384 + 48));
  EXPECT_TRUE(changed(&Fields::used_blocks, 255));
  EXPECT_FALSE(changed(&Fields::used_blocks, 256)) << "more than fit";
}

TEST(PymallocReader, FindsNoPythonInATest)
{
  const auto reader = PymallocReader::open("/proc", static_cast<std::uint32_t>(::getpid()));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, Error::Kind::not_found);
}

TEST(ProcessMemory, ReadsPiecesAroundWhatIsNotThere)
{
  const auto page = static_cast<std::size_t>(::getpagesize());
  void *mapped =
      ::mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  std::memset(mapped, 7, 3 * page);
  auto *begin = static_cast<std::byte *>(mapped);
  ASSERT_EQ(::munmap(begin + page, page), 0);

  // More than one call takes; every third is not there, the first and the last among them.
  std::vector<std::uint64_t> addresses;
  for (int i = 0; i < 3001; ++i)
    addresses.push_back(reinterpret_cast<std::uint64_t>(begin) + page +
                        static_cast<std::size_t>(i % 3) * page - (i % 3 == 2 ? 3 * page : 0));
  std::vector<std::byte> out(addresses.size() * 8, std::byte{ 1 });
  ASSERT_TRUE(
      ProcessMemory{ static_cast<std::uint32_t>(::getpid()) }.read_pieces(addresses, 8, out));
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t byte = 0; byte < 8; ++byte)
      ASSERT_EQ(out[i * 8 + byte], std::byte{ i % 3 == 0 ? std::uint8_t{ 0 } : std::uint8_t{ 7 } })
          << i;
  }
  ::munmap(mapped, 3 * page);
}

TEST(ProcessMemory, SaysThatAProcessIsGone)
{
  const std::vector<std::uint64_t> addresses{ 4096 };
  std::vector<std::byte> out(8);
  const auto read = ProcessMemory{ 0x7ffffffe }.read_pieces(addresses, 8, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::python
