// Conservation of time, on this machine's kernel.

#include "collect/worker_probe.h"
#include "decode/thread_decoder.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include "wire/thread_record.h"
#include "wire/watched.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

std::vector<decode::Thread> threads_of(const collect::WorkerProbe &probe)
{
  const auto bytes = probe.read_threads();
  if (!bytes)
    throw std::runtime_error(bytes.error().what);
  std::vector<decode::Thread> threads;
  for (auto rest = std::as_bytes(std::span(*bytes)); !rest.empty();
       rest = rest.subspan(sizeof(thread_record)))
    threads.push_back(*decode::decode_thread(rest.first(sizeof(thread_record))));
  return threads;
}

/// The ledger's programs that are in the kernel now, whoever loaded them.
std::set<__u32> loaded_probes()
{
  std::set<__u32> ids;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const int fd = bpf_prog_get_fd_by_id(id);
    bpf_prog_info info{};
    __u32 size_bytes = sizeof info;
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size_bytes) == 0 &&
        std::string_view(info.name).starts_with("ledger_sched"))
      ids.insert(id);
    ::close(fd);
  }
  return ids;
}

TEST(Ledger, AddsUpToTheLifeOfEveryThread)
{
  auto probe = collect::WorkerProbe::load({});
  if (!probe && probe.error().kind == Error::Kind::not_permitted)
    GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON";
  ASSERT_TRUE(probe) << probe.error().what;
  const auto attached = probe->attach();
  ASSERT_TRUE(attached) << attached.error().what;
  ASSERT_TRUE(
      probe->watched_processes().put(static_cast<std::uint32_t>(::getpid()), WATCHED_MASTER));

  // Threads that sleep, that compute and that hand a token to and fro, on two CPUs.
  const WorkerProcess worker([] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([i] {
        for (unsigned turn = 0;; ++turn) {
          if (i % 2 == 0)
            std::this_thread::sleep_for(1ms);
          else if (turn % 1000 == 0)
            std::this_thread::yield();
        }
      });
  });
  std::this_thread::sleep_for(600ms);

  const auto threads = threads_of(*probe);
  EXPECT_EQ(threads.size(), 9U);
  for (const auto &thread : threads) {
    EXPECT_EQ(thread.sample.tgid, static_cast<std::uint32_t>(worker.tgid()));
    EXPECT_EQ(thread.ledger.wall(), thread.life.length()) << "thread " << thread.sample.tid;
    EXPECT_GT(thread.life.length(), 0ns);
  }
}

TEST(Ledger, TakesUpThreadsThatWereThereBefore)
{
  const Listener listener;
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) { send_text(fd, response); });
  });
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.listen = { listener.address() };
  server.workers = { { .tgid = static_cast<std::uint32_t>(worker.tgid()) } };
  ASSERT_TRUE(observed->collector->watch(server));

  ask(listener, "GET /first HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));
  EXPECT_EQ(observed->requests().front().path, "/first");

  ASSERT_TRUE(observed->collector->sample_threads());
  const auto samples = observed->all_of<domain::ThreadSample>();
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].cause, Cause::idle);
  EXPECT_FALSE(samples[0].request_open);
}

TEST(Ledger, ShowsWhatAnOpenRequestWaitsFor)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener,
                        [](int, const std::string &) { std::this_thread::sleep_for(1h); });
  });
  const int client = listener.connect();
  send_text(client, "GET /stuck/7?token=secret HTTP/1.1\r\n\r\n");

  ASSERT_TRUE(observed->wait_until([&] {
    observed->all.clear();
    EXPECT_TRUE(observed->collector->sample_threads());
    const auto samples = observed->all_of<domain::ThreadSample>();
    return samples.size() == 1 && samples[0].request_open && samples[0].cause == Cause::sleep &&
           samples[0].path == "/stuck/7";
  }));
  ::close(client);
}

TEST(Ledger, LeavesNothingInTheKernel)
{
  const std::set<__u32> before = loaded_probes();
  std::set<__u32> ours;
  {
    const Listener listener;
    OBSERVE_OR_SKIP(observed, {}, listener.address());
    for (const __u32 id : loaded_probes()) {
      if (!before.contains(id))
        ours.insert(id);
    }
    EXPECT_EQ(ours.size(), 2U);
  }
  // The kernel frees programs a moment after the last descriptor is closed.
  const auto left = [&] {
    const std::set<__u32> now = loaded_probes();
    return std::any_of(ours.begin(), ours.end(), [&](__u32 id) { return now.contains(id); });
  };
  for (int i = 0; i < 250 && left(); ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(left());
}

} // namespace
} // namespace linger
