// Allocations of a real process on its real allocator, every byte of them sampled.

#include "collect/allocator.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;

// Sizes that nothing else in the process asks for.
constexpr std::size_t odd_bytes = 123'457;
constexpr std::size_t odder_bytes = 234'567;

volatile bool keep_from_compiler = false;
void *used(void *block)
{
  if (keep_from_compiler)
    static_cast<char *>(block)[0] = 1;
  return block;
}

/// By the program itself, with no allocator in between.
void *mapped(std::size_t bytes)
{
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *kept_by_request = nullptr;

/// What a path does in the worker.
const std::map<std::string, void (*)()> deeds{
  { "/malloc", [] { used(std::malloc(odd_bytes)); } },
  { "/calloc", [] { used(std::calloc(odd_bytes, 2)); } },
  { "/aligned", [] { used(::aligned_alloc(4096, odd_bytes)); } },
  { "/posix",
    [] {
      void *block = nullptr;
      if (::posix_memalign(&block, 4096, odd_bytes) == 0)
        used(block);
    } },
  { "/freed", [] { std::free(used(std::malloc(odd_bytes))); } },
  { "/freed-by-another-thread",
    [] {
      void *block = used(std::malloc(odd_bytes));
      std::thread{ [block] { std::free(block); } }.join();
    } },
  { "/grown", [] { used(std::realloc(used(std::malloc(odd_bytes)), odder_bytes)); } },
  { "/grown-freed",
    [] { std::free(used(std::realloc(used(std::malloc(odd_bytes)), odder_bytes))); } },
  { "/shrunk", [] { used(std::realloc(used(std::malloc(odder_bytes)), odd_bytes)); } },
  { "/refused",
    [] {
      volatile std::size_t most = ~std::size_t{ 0 } / 4;
      std::free(std::malloc(most));
    } },
  { "/mapped", [] { used(mapped(odder_bytes)); } },
  { "/unmapped", [] { ::munmap(used(mapped(odder_bytes)), odder_bytes); } },
  { "/mapped-and-moved",
    [] { used(::mremap(mapped(odder_bytes), odder_bytes, 4 * odder_bytes, MREMAP_MAYMOVE)); } },
  { "/moved-and-unmapped",
    [] {
      ::munmap(used(::mremap(mapped(odder_bytes), odder_bytes, 4 * odder_bytes, MREMAP_MAYMOVE)),
               4 * odder_bytes);
    } },
  { "/reserved",
    [] {
      void *const reserved =
          ::mmap(nullptr, odder_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      keep_from_compiler = reserved == MAP_FAILED;
    } },
  { "/thread", [] { std::thread{ [] {} }.join(); } },
  { "/remember", [] { kept_by_request = used(std::malloc(odd_bytes)); } },
  { "/forget", [] { std::free(std::exchange(kept_by_request, nullptr)); } },
  { "/die", [] { ::_exit(3); } },
};

void do_deed(int fd, const std::string &request)
{
  const std::string path = request.substr(4, request.find(' ', 4) - 4);
  if (const auto deed = deeds.find(path); deed != deeds.end())
    deed->second();
  send_text(fd, response);
}

class AllocationTest : public testing::Test {
protected:
  void SetUp() override
  {
    observed = Observed::start({}, listener.address());
    if (!observed)
      GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON";
    worker.emplace([this] { serve_one_at_a_time(listener, do_deed); });
    ask(listener, "GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(observed->wait_for_requests(1));
    domain::AllocationQuery query;
    query.interval_bytes = 1;
    query.budget_share = 1;
    const auto traced = observed->collector->trace_allocations(
        { static_cast<std::uint32_t>(worker->tgid()) }, query, 1h);
    ASSERT_TRUE(traced) << traced.error().what;
  }

  /// The request, once it has ended.
  domain::Request ask_for(const std::string &path)
  {
    const std::size_t before = observed->requests().size();
    EXPECT_TRUE(ask(listener, "GET " + path + " HTTP/1.1\r\n\r\n").ends_with("ok")) << path;
    EXPECT_TRUE(observed->wait_for_requests(before + 1)) << path;
    return observed->requests().back();
  }

  struct Account {
    std::multiset<std::uint64_t> kept;  // sizes
    std::multiset<std::uint64_t> freed; // sizes
    std::string gaps;
  };
  /// Of allocations of at least `odd_bytes` / 2 in all requests.
  [[nodiscard]] Account account() const
  {
    std::map<std::uint64_t, std::uint64_t> allocated;
    Account account;
    for (const auto &seen : observed->all_of<domain::AllocationsSeen>()) {
      account.gaps += seen.gap;
      for (const domain::Allocation &allocation : seen.allocations) {
        if (allocation.bytes >= odd_bytes / 2)
          allocated[allocation.id] = allocation.bytes;
      }
      for (const std::uint64_t id : seen.freed) {
        if (const auto found = allocated.extract(id))
          account.freed.insert(found.mapped());
      }
    }
    for (const auto &[id, bytes] : allocated)
      account.kept.insert(bytes);
    return account;
  }

  Listener listener;
  std::unique_ptr<Observed> observed;
  std::optional<WorkerProcess> worker;
};

using Sizes = std::multiset<std::uint64_t>;

TEST_F(AllocationTest, SeesWhatIsAllocatedAndNotFreed)
{
  for (const auto &[path, bytes] : std::map<std::string, std::size_t>{ { "/malloc", odd_bytes },
                                                                       { "/calloc", 2 * odd_bytes },
                                                                       { "/aligned", odd_bytes },
                                                                       { "/posix", odd_bytes } }) {
    const Account before = account();
    const domain::Request request = ask_for(path);
    const Account after = account();
    Sizes fresh;
    std::ranges::set_difference(after.kept, before.kept, std::inserter(fresh, fresh.end()));
    EXPECT_EQ(fresh, Sizes{ bytes }) << path;
    bool is_its = false;
    for (const auto &seen : observed->all_of<domain::AllocationsSeen>()) {
      for (const domain::Allocation &allocation : seen.allocations)
        is_its |= allocation.bytes == bytes && allocation.tid == request.tid &&
                  allocation.request_sequence == request.sequence;
    }
    EXPECT_TRUE(is_its) << path;
  }
  EXPECT_EQ(account().gaps, "");
}

TEST_F(AllocationTest, SeesItFreed)
{
  ask_for("/freed");
  EXPECT_EQ(account().freed, (Sizes{ odd_bytes }));
  ask_for("/freed-by-another-thread");
  EXPECT_EQ(account().freed, (Sizes{ odd_bytes, odd_bytes }));
  ask_for("/remember");
  EXPECT_EQ(account().kept, (Sizes{ odd_bytes }));
  ask_for("/forget");
  EXPECT_EQ(account().kept, Sizes{});
}

TEST_F(AllocationTest, SeesOnlyTheDifferenceOfWhatGrows)
{
  ask_for("/grown");
  const Sizes kept = account().kept;
  ASSERT_EQ(kept.size(), 2);
  EXPECT_EQ(*kept.rbegin(), odd_bytes);
  // glibc may have given some bytes more than it was asked for.
  EXPECT_LE(*kept.begin(), odder_bytes - odd_bytes);
  EXPECT_GE(*kept.begin() + 8192, odder_bytes - odd_bytes);

  ask_for("/grown-freed");
  EXPECT_EQ(account().kept.size(), 2);
  EXPECT_EQ(account().freed.size(), 2);
}

TEST_F(AllocationTest, TakesWhatShrinksForTheSizeItHasThen)
{
  ask_for("/shrunk");
  EXPECT_EQ(account().kept, (Sizes{ odd_bytes }));
  EXPECT_EQ(account().freed, (Sizes{ odder_bytes }));
}

TEST_F(AllocationTest, SeesNothingOfWhatIsRefused)
{
  ask_for("/refused");
  EXPECT_EQ(account().kept, Sizes{});
}

TEST_F(AllocationTest, SeesWhatIsMappedBesideTheAllocator)
{
  constexpr std::uint64_t whole_pages = (odder_bytes + 4095) / 4096 * 4096;
  ask_for("/mapped");
  EXPECT_EQ(account().kept, (Sizes{ whole_pages }));
  ask_for("/unmapped");
  EXPECT_EQ(account().freed, (Sizes{ whole_pages }));
  ask_for("/mapped-and-moved");
  EXPECT_EQ(account().kept, (Sizes{ whole_pages, whole_pages }));
  ask_for("/moved-and-unmapped");
  EXPECT_EQ(account().kept, (Sizes{ whole_pages, whole_pages }));
  EXPECT_EQ(account().freed, (Sizes{ whole_pages, whole_pages }));
  // What is not used yet, and what threads stand on.
  ask_for("/reserved");
  ask_for("/thread");
  EXPECT_EQ(account().kept, (Sizes{ whole_pages, whole_pages }));
  EXPECT_EQ(account().gaps, "");
}

TEST_F(AllocationTest, CountsWhatTheAllocatorMapsOnce)
{
  // It maps what is so large for itself.
  ask_for("/freed");
  ask_for("/shrunk");
  EXPECT_EQ(account().kept, (Sizes{ odd_bytes }));
  EXPECT_EQ(account().freed, (Sizes{ odd_bytes, odder_bytes }));
}

TEST_F(AllocationTest, EndsWithItsProcess)
{
  ask_for("/malloc");
  ask(listener, "GET /die HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(
      observed->wait_until([&] { return account().gaps.find("it ended") != std::string::npos; }));
  EXPECT_EQ(account().kept, (Sizes{ odd_bytes }));
}

TEST_F(AllocationTest, IsOneAtATime)
{
  const auto again = observed->collector->trace_allocations({}, {}, 1h);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Error::Kind::exhausted);
  observed->collector->end_trace();
  EXPECT_TRUE(observed->collector->trace_allocations({}, {}, 1h));
}

TEST_F(AllocationTest, FindsTheAllocatorThatWasPreloaded)
{
  constexpr const char *library = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
  if (::access(library, R_OK) != 0)
    GTEST_SKIP() << "missing: " << library << " (package libjemalloc2)";
  const WorkerProcess preloaded([&] {
    ::setenv("LD_PRELOAD", library, 1);
    ::execl("/usr/bin/sleep", "sleep", "60", nullptr);
  });
  Result<collect::Allocator> allocator = failure(Error::Kind::not_found, "");
  for (int attempt = 0; attempt < 100 && (!allocator || allocator->name == "libc.so.6");
       ++attempt) {
    std::this_thread::sleep_for(50ms);
    allocator = collect::find_allocator("/proc", static_cast<std::uint32_t>(preloaded.tgid()));
  }
  ASSERT_TRUE(allocator) << allocator.error().what;
  EXPECT_EQ(allocator->name, "libjemalloc.so.2");
  EXPECT_GE(allocator->allocations.points.size(), 5);
}

} // namespace
} // namespace linger
