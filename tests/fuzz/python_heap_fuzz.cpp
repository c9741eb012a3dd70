// A heap in which some words are not what they should be: torn, freed, or written to do harm.

#include "fuzz/property.h"
#include "python/heap_census.h"
#include "python/retaining_path.h"
#include "unit/python/fake_heap.h"

using namespace linger;
using namespace linger::fuzz;
using python::FakeHeap;
using python::FakePiece;

namespace {

constexpr std::uint64_t most = 20'000;

FakeHeap healthy(std::uint8_t minor)
{
  FakeHeap fake{ { 3, minor } };
  const auto session = fake.made_class("shop", "Session", 1U << 4U);
  std::vector<FakeHeap::Address> sessions;
  for (int i = 0; i < 4; ++i)
    sessions.push_back(fake.object(session, 32, i));
  const auto list = fake.list(sessions);
  fake.dict({ { "a", list }, { "b", fake.tuple({ fake.text("hello") }, false) } });
  fake.set_modules({ { "shop", { { "RECENT", list }, { "Session", session } } } });
  return fake;
}

} // namespace

/// A byte that chooses the version and what becomes of torn lists, then words to put: two bytes say
/// where, eight what. A value with its highest bit set is an address in the heap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  if (size == 0)
    return 0;
  FakeHeap fake = healthy(static_cast<std::uint8_t>(11 + data[0] % 4));
  constexpr std::size_t change_bytes = 10;
  constexpr std::size_t most_changes = 64;
  for (std::size_t at = 1, n = 0; at + change_bytes <= size && n < most_changes;
       at += change_bytes, ++n) {
    std::uint16_t where = 0;
    std::uint64_t what = 0;
    std::memcpy(&where, data + at, sizeof where);
    std::memcpy(&what, data + at + sizeof where, sizeof what);
    if (what >> 63U)
      what = FakePiece::base + what % FakePiece::size_bytes / 8 * 8;
    fake.memory.put(FakePiece::base + std::uint64_t{ where } * 2 % (FakePiece::size_bytes - 8),
                    what);
  }

  python::FakeWalk walk{ fake, 2 * python::AddressSpace::block_bytes };
  const auto interpreters = python::interpreters_of(walk.copy, fake.layout(), fake.runtime());
  if (!interpreters)
    return 0;
  walk.heap.interpreters = *interpreters;
  const auto torn = data[0] & 4U ? python::TornList::counted : python::TornList::refused;
  const auto count = python::count_heap(walk.heap, walk.objects, torn, most);
  if (!count)
    return 0;
  must(walk.objects.size() <= most, "objects are bounded");
  std::uint64_t objects = 0;
  for (const domain::TypeCount &of_type : python::named(*count, walk.types)) {
    must(!of_type.type.empty(), "a type has a name");
    objects += of_type.objects;
  }
  must(objects == walk.objects.size(), "each object is counted once");
  const auto retainers = python::find_retainers(walk.heap, walk.objects, "Session");
  if (!retainers)
    return 0;
  std::uint64_t held = 0;
  for (const domain::RetainingPath &path : retainers->paths)
    held += path.objects;
  must(held <= retainers->objects, "no object is held twice");
  return 0;
}
