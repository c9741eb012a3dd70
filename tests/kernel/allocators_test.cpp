// Allocations of a process on each of the allocators that Debian has, every byte of them sampled.

#include "collect/allocator.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"
#include "unit/serve/temp_dir.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <ostream>
#include <set>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;

// As allocator_server.c has them.
constexpr std::uint64_t odd_bytes = 123'457;
constexpr std::uint64_t odder_bytes = 234'567;
constexpr std::uint64_t aligned_bytes = 31UL * 4096;

struct Case {
  const char *name;
  /// What makes the server of its source.
  const char *compiler;
  /// Of Debian; empty where nothing is missing.
  const char *needs;
  const char *package;
  const char *preloaded;
  /// As it is told.
  const char *allocator;
  /// Whether what the process maps by itself is told from what its C library does.
  bool sees_mappings = true;
};

std::ostream &operator<<(std::ostream &out, const Case &one)
{
  return out << one.name;
}

constexpr const char *libraries = "/usr/lib/x86_64-linux-gnu/";
const Case cases[] = {
  { "glibc", "cc", "", "", "", "libc.so.6" },
  { "glibc_static", "cc -static", "", "", "", "server", false },
  { "jemalloc", "cc", "libjemalloc.so.2", "libjemalloc2", "libjemalloc.so.2", "libjemalloc.so.2" },
  { "tcmalloc", "cc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4",
    "libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so.4.5.10" },
  { "mimalloc", "cc", "libmimalloc.so.2.0", "libmimalloc2.0", "libmimalloc.so.2.0",
    "libmimalloc.so.2.0" },
  { "musl", "musl-gcc", "../musl-gcc", "musl-tools", "", "libc.so", false },
  { "musl_static", "musl-gcc -static", "../musl-gcc", "musl-tools", "", "server", false },
};

class AllocatorsTest : public serve::TempDirTest, public testing::WithParamInterface<Case> {
protected:
  using Sizes = std::multiset<std::uint64_t>;

  void SetUp() override
  {
    TempDirTest::SetUp();
    const Case &one = GetParam();
    const std::string needed = std::string(one.needs) == "../musl-gcc"
                                   ? "/usr/bin/musl-gcc"
                                   : libraries + std::string(one.needs);
    if (*one.needs != 0 && ::access(needed.c_str(), R_OK) != 0)
      GTEST_SKIP() << "missing: " << needed << " (package " << one.package << ")";
    observed = Observed::start({}, listener.address());
    if (!observed)
      GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON";
    const std::string program = in_temp("server");
    ASSERT_EQ(std::system((std::string(one.compiler) + " -O1 -o " + program + " " +
                           LINGER_WORKLOADS "/allocator_server.c")
                              .c_str()),
              0);
    worker.emplace([&] {
      ::fcntl(listener.fd(), F_SETFD, 0);
      if (*one.preloaded != 0)
        ::setenv("LD_PRELOAD", (libraries + std::string(one.preloaded)).c_str(), 1);
      const std::string fd = std::to_string(listener.fd());
      ::execl(program.c_str(), "server", fd.c_str(), nullptr);
    });
    ask_for("/");
    domain::AllocationQuery query;
    query.interval_bytes = 1;
    query.budget_share = 1;
    const auto traced = observed->collector->trace_allocations(
        { static_cast<std::uint32_t>(worker->tgid()) }, query, 1h);
    ASSERT_TRUE(traced) << traced.error().what;
  }

  void ask_for(const std::string &path)
  {
    const std::size_t before = observed->requests().size();
    EXPECT_TRUE(ask(listener, "GET " + path + " HTTP/1.1\r\n\r\n").ends_with("ok")) << path;
    EXPECT_TRUE(observed->wait_for_requests(before + 1)) << path;
  }

  /// What is allocated by all requests so far and not freed, of at least half of `odd_bytes`.
  [[nodiscard]] Sizes kept() const
  {
    std::map<std::uint64_t, std::uint64_t> allocated;
    std::set<std::uint64_t> freed;
    for (const auto &seen : observed->all_of<domain::AllocationsSeen>()) {
      EXPECT_EQ(seen.gap.starts_with("what it maps by itself was not seen: "),
                !GetParam().sees_mappings);
      EXPECT_TRUE(seen.gap.empty() || !GetParam().sees_mappings) << seen.gap;
      for (const domain::Allocation &allocation : seen.allocations) {
        if (allocation.bytes >= odd_bytes / 2)
          allocated[allocation.id] = allocation.bytes;
      }
      freed.insert(seen.freed.begin(), seen.freed.end());
    }
    Sizes kept;
    for (const auto &[id, bytes] : allocated) {
      if (!freed.contains(id))
        kept.insert(bytes);
    }
    return kept;
  }

  Listener listener;
  std::unique_ptr<Observed> observed;
  std::optional<WorkerProcess> worker;
};

TEST_P(AllocatorsTest, SeesEachCall)
{
  const auto allocator =
      collect::find_allocator("/proc", static_cast<std::uint32_t>(worker->tgid()));
  ASSERT_TRUE(allocator) << allocator.error().what;
  EXPECT_EQ(allocator->name, GetParam().allocator);

  const std::pair<const char *, std::uint64_t> calls[] = {
    { "/malloc", odd_bytes },
    { "/calloc", 2 * odd_bytes },
    { "/aligned", aligned_bytes },
    { "/memalign", odd_bytes },
    { "/posix", odd_bytes },
    { "/first", odd_bytes },
    { "/freed", 0 },
  };
  Sizes expected;
  for (const auto &[path, bytes] : calls) {
    ask_for(path);
    if (bytes != 0)
      expected.insert(bytes);
    // What it rounds up to, and what it takes for an alignment, is its own business.
    const Sizes seen = kept();
    ASSERT_EQ(seen.size(), expected.size()) << path << ": " << testing::PrintToString(seen);
    EXPECT_EQ(seen, expected) << path;
  }
  ask_for("/grown");
  Sizes grown;
  std::ranges::set_difference(kept(), expected, std::inserter(grown, grown.end()));
  std::uint64_t sum = 0;
  for (const std::uint64_t bytes : grown)
    sum += bytes;
  // glibc may have given some bytes more than it was asked for.
  EXPECT_LE(sum, odder_bytes);
  EXPECT_GE(sum + 8192, odder_bytes);
}

INSTANTIATE_TEST_SUITE_P(All, AllocatorsTest, testing::ValuesIn(cases),
                         [](const auto &instance) { return std::string(instance.param.name); });

} // namespace
} // namespace linger
