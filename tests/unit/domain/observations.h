// Observations as tests need them: one server with the workers 101 and 102, times in ms.

#pragma once

#include "domain/observation.h"

#include <string>
#include <vector>

namespace linger::domain::test {

using namespace std::chrono_literals;

inline constexpr std::uint32_t master = 100;
inline constexpr std::uint32_t worker = 101;
inline constexpr std::uint32_t other_worker = 102;

inline MonotonicTime at(Nanos since_boot)
{
  return MonotonicTime{ since_boot };
}

inline WindowMark mark(Nanos time)
{
  return { .clock = { .monotonic = at(time), .wall = WallTime{ time + 1000h } } };
}

inline Server server_with(const std::vector<std::uint32_t> &tgids)
{
  Server server{ .master_tgid = master, .worker_class = "sync", .workers_configured = 2 };
  for (const std::uint32_t tgid : tgids)
    server.workers.push_back({ .tgid = tgid, .start_ticks = 1000 + tgid, .threads = 1 });
  return server;
}

inline ServersSeen seen(Nanos time, const std::vector<std::uint32_t> &tgids)
{
  return { .time = at(time), .servers = { server_with(tgids) } };
}

inline ProcessEvent started(Nanos time, std::uint32_t tgid, std::uint32_t parent = master)
{
  return {
    .kind = ProcessEvent::Kind::started, .time = at(time), .tgid = tgid, .parent_tgid = parent
  };
}

inline ProcessEvent exited(Nanos time, std::uint32_t tgid, int wait_status = 0)
{
  return {
    .kind = ProcessEvent::Kind::exited, .time = at(time), .tgid = tgid, .wait_status = wait_status
  };
}

/// GET `path` on the worker's only thread, all of it on the CPU.
inline Request request(std::uint64_t sequence, Nanos begin, Nanos end,
                       const std::string &path = "/")
{
  Request made{ .tgid = worker,
                .tid = worker,
                .sequence = sequence,
                .connection = sequence,
                .window = { at(begin), at(end) },
                .method = "GET",
                .path = path,
                .status = 200 };
  made.times[Cause::on_cpu] = end - begin;
  return made;
}

inline Request served_by(std::uint32_t tgid, Request request)
{
  request.tgid = tgid;
  request.tid = tgid;
  return request;
}

/// One of several that a thread serves in turns.
inline Request interleaved(std::uint64_t connection, Request request)
{
  request.connection = connection;
  request.interleaved = true;
  return request;
}

inline Request provisional(Request request)
{
  request.ended = false;
  return request;
}

/// `spent` of the request was not on the CPU but for `cause`.
inline Request spending(Request request, Cause cause, Nanos spent)
{
  request.times[cause] += spent;
  request.times[Cause::on_cpu] -= spent;
  return request;
}

inline Request answered(Request request, int status)
{
  request.status = status;
  return request;
}

inline Wait wait_in(std::uint64_t sequence, Cause cause, const std::string &what, Nanos length)
{
  return { .tgid = worker,
           .tid = worker,
           .request_sequence = sequence,
           .window = { at(0ms), at(length) },
           .cause = cause,
           .what = what };
}

/// A request that is open since `begin`.
inline ThreadSample open_request(std::uint64_t sequence, Nanos begin, Nanos time, Cause cause)
{
  return { .time = at(time),
           .tgid = worker,
           .tid = worker,
           .cause = cause,
           .since = at(begin),
           .request_open = true,
           .request_begin = at(begin),
           .request_sequence = sequence,
           .method = "GET",
           .path = "/report/7" };
}

} // namespace linger::domain::test
