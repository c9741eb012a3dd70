// A recording with one observation of each kind in it.

#pragma once

#include "serve/recording.h"
#include "serve/recording_frame.h"
#include "unit/serve/temp_dir.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace linger::serve {

using namespace std::chrono_literals;
using domain::MonotonicTime;

inline const RecordingInfo info{ "0.1.0",
                                 { MonotonicTime{ 5s }, domain::WallTime{ 1'700'000'000s } } };

/// One of each kind, with bytes that are no UTF-8 where a watched process has a say.
inline std::vector<domain::Observation> one_of_each()
{
  domain::Request request{ .tgid = 101,
                           .tid = 102,
                           .sequence = 3,
                           .connection = 4,
                           .window = { MonotonicTime{ 10s }, MonotonicTime{ 10s + 121ms } },
                           .calls = { 28, 1, 2, 3 },
                           .opened = { 4, 5, 6, 7 },
                           .method = "GET",
                           .path = "/caf\xe9/17",
                           .status = 503,
                           .received_bytes = 100,
                           .sent_bytes = 1ULL << 40,
                           .throttled = 1us,
                           .minor_faults = 7,
                           .major_faults = 1,
                           .anonymous_begin_bytes = 8192,
                           .anonymous_end_bytes = 4096,
                           .truncated = true,
                           .pipelined = true,
                           .ended = false,
                           .thread_died = true,
                           .transaction_open = true,
                           .interleaved = true,
                           .client_local = true,
                           .exception_type = "shop.errors.Empty",
                           .exception_code = "caf\xe9/cart.py:31 in total" };
  for (const domain::Cause cause : domain::all_causes())
    request.times[cause] = domain::Nanos{ 1 + static_cast<int>(cause) };
  const domain::Server server{ .master_tgid = 100,
                               .app = "shop.app:app",
                               .worker_class = "gthread",
                               .workers_configured = 4,
                               .threads_per_worker = 2,
                               .listen = { "127.0.0.1:8000", "unix:/run/\xff.sock" },
                               .python_version = "3.11.2",
                               .container = { .id = "0123456789ab",
                                              .runtime = "cri-o",
                                              .pod_uid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
                                              .pod_namespace = "shop",
                                              .pod = "web-0",
                                              .name = "app",
                                              .workload = "web" },
                               .timeout_seconds = 30,
                               .preload = true,
                               .max_requests = 1000,
                               .workers = { { 101, 5000, 2 }, { 102, 5001, 2 } },
                               .gaps = { "no config file" } };
  return {
    domain::WindowMark{ info.clock },
    domain::ServersSeen{ MonotonicTime{ 9s }, { server } },
    request,
    domain::Wait{ 101, 102, 3, request.window, domain::Cause::database, "127.0.0.1:5432\xff",
                  "shop/cart.py:7 in show\xff", "SELECT ?\xff", true },
    domain::ProcessEvent{ domain::ProcessEvent::Kind::exited, MonotonicTime{ 11s }, 101, 100, 9, 6,
                          100, true },
    domain::MemorySample{ MonotonicTime{ 12s }, 101, 1, 2, 3, 4, 5,
                          domain::MemoryLimit{ "/web", 9, 7 } },
    domain::ThreadSample{ MonotonicTime{ 12s }, 101, 102, domain::Cause::lock, MonotonicTime{ 11s },
                          true, true, MonotonicTime{ 10s }, 4, "POST", "/pay\x1b", 1ULL << 47, true,
                          "caf\xe9/cart.py:31 in total", true },
    domain::CoverageSample{ MonotonicTime{ 12s }, 1, 2, 3ms, 4ms, 5, { "a gap" }, 9s, 8s, 7, 6s },
    domain::OutgoingSample{
        MonotonicTime{ 12s },
        101,
        MonotonicTime{ 9s },
        { { { "127.0.0.1:5432\xff", "postgresql\xff", "mysql\xff", domain::Cause::database, true },
            6,
            3,
            2,
            1,
            8,
            7,
            MonotonicTime{ 10s },
            true,
            MonotonicTime{ 11s } },
          { { "unix:/run/redis.sock" } } } },
    domain::CpuLimitSample{ MonotonicTime{ 12s }, 101, "/web\xff", 20ms, 100ms, 50, 45, 3s },
    domain::MemoryLook{
        { MonotonicTime{ 12s }, MonotonicTime{ 12s + 1ms } }, 101, 48'000'000, 12'000'000 },
    domain::GlobalsLook{ { MonotonicTime{ 11s }, MonotonicTime{ 12s } },
                         101,
                         { { "shop.CURRENT\xff", "str\xff", true, true, 3, 2 } },
                         4,
                         "gone\xff" },
    domain::ListenSample{ MonotonicTime{ 12s }, 100, { { "unix:/run/a\xff.sock", 1, 2, 3 } } },
    domain::HeapGrowth{ 101,
                        9s,
                        { { "shop.Quote\xff", 570, -8, { { "`shop.KEPT\xff`", 4 } } } },
                        { { "flask.ctx.AppContext\xff", 2, 90, { { "`shop.LEFT\xff`", 88 } } } },
                        5,
                        "gone\xff" },
    domain::AllocationsSeen{ MonotonicTime{ 12s },
                             101,
                             MonotonicTime{ 9s },
                             MonotonicTime{ 11s },
                             MonotonicTime{ 12s },
                             { 2s, 5 },
                             { { 7, MonotonicTime{ 10s }, 102, 3, 3105, 16384, "a.py:1\xff" } },
                             { 4, 5 },
                             99,
                             1ms,
                             "gone\xff" },
    domain::Escalation{ MonotonicTime{ 11s }, MonotonicTime{ 12s }, 100, 101,
                        domain::MemoryTier::allocations, "GET /\xff", "it grew", "by much" },
  };
}

class RecordingTest : public TempDirTest {
protected:
  void SetUp() override
  {
    TempDirTest::SetUp();
    path_ = in_temp("run.lngr");
    auto writer = RecordingWriter::create(path_, info);
    ASSERT_TRUE(writer) << writer.error().what;
    for (const domain::Observation &observation : one_of_each())
      ASSERT_TRUE(writer->write(observation));
    ASSERT_TRUE(writer->finish());
    bytes_ = content_of(path_);
  }

  struct Outcome {
    /// Each observation as the writer would write it.
    std::vector<std::string> observations;
    std::optional<Error> error;
    bool cut_short = false;
    std::uint64_t skipped = 0;
  };

  static Outcome outcome_of(std::string bytes)
  {
    FilePtr file(bytes.empty() ? std::fopen("/dev/null", "r")
                               : ::fmemopen(bytes.data(), bytes.size(), "r"));
    auto reader = RecordingReader::read("FILE", std::move(file));
    if (!reader)
      return { .observations = {}, .error = reader.error() };
    Outcome outcome;
    while (true) {
      auto next = reader->next();
      if (!next)
        outcome.error = next.error();
      if (!next || !*next)
        break;
      outcome.observations.push_back(encode_observation(**next));
    }
    outcome.cut_short = reader->cut_short();
    outcome.skipped = reader->skipped();
    return outcome;
  }

  [[nodiscard]] static std::vector<std::string> written()
  {
    std::vector<std::string> payloads;
    for (const domain::Observation &observation : one_of_each())
      payloads.push_back(encode_observation(observation));
    return payloads;
  }

  static bool is_prefix(const std::vector<std::string> &of_it,
                        const std::vector<std::string> &whole)
  {
    return of_it.size() <= whole.size() && std::equal(of_it.begin(), of_it.end(), whole.begin());
  }

  /// A recording made of these payloads, each in a sound frame.
  static std::string file_of(const std::vector<std::string> &payloads)
  {
    std::string file;
    append_preamble(file);
    append_frame(file, encode_info(info));
    for (const std::string &payload : payloads)
      append_frame(file, payload);
    return file;
  }

  std::string path_;
  std::string bytes_;
};

} // namespace linger::serve
