// What the agent observes, one thing at a time. A report is a pure function of a sequence of these:
// a recording holds nothing else, and replaying it gives the same report.

#pragma once

#include "domain/allocation.h"
#include "domain/calls.h"
#include "domain/cause.h"
#include "domain/census.h"
#include "domain/cpu_limit.h"
#include "domain/escalation.h"
#include "domain/globals.h"
#include "domain/memory_limit.h"
#include "domain/outgoing.h"
#include "domain/server.h"
#include "domain/time.h"
#include "domain/trace_context.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace linger::domain {

/// One request that ended, as the kernel side cut it out of a thread's life.
struct Request {
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  /// Counts the requests of this thread; a later Request with the same tid and sequence replaces an
  /// earlier one that was not `ended` (its response had not finished after all).
  std::uint64_t sequence = 0;
  /// The same for all requests of one connection; unique within an agent's run.
  std::uint64_t connection = 0;
  /// From the completed handshake (first request of a connection) or the first byte, to the last
  /// byte of the response.
  TimeWindow window;
  /// Adds up to window.length().
  CauseTimes times;
  Calls calls;
  /// Connections on which it was the first to send something; of each kind 255 at most.
  Calls opened;
  /// "-" when the bytes were no HTTP request.
  std::string method;
  /// Without the query. Empty when the bytes were no HTTP request.
  std::string path;
  /// 0 when it ended without a response.
  int status = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  /// Of the time in the run queue: the worker's group had used up its CPU time. Not known, and 0,
  /// for interleaved requests.
  Nanos throttled{};
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  /// The process's anonymous resident set at begin and at end, as the kernel counts it (on 6.2 and
  /// newer in per-CPU batches: up to 32 pages a CPU late).
  std::uint64_t anonymous_begin_bytes = 0;
  std::uint64_t anonymous_end_bytes = 0;
  /// Its path is longer than what is kept of it, and ends in "..." behind the last segment that is
  /// whole.
  bool truncated = false;
  /// It was received together with one before it on its connection, which counts its bytes.
  bool pipelined = false;
  /// False while more response bytes may follow.
  bool ended = true;
  /// The response says of itself that it goes on, so that a pause does not mean that it has ended.
  bool streaming = false;
  /// The thread died before the response was sent.
  bool thread_died = false;
  /// A database had a transaction of this thread open when the request ended.
  bool transaction_open = false;
  /// The thread serves others in between: an event loop. Then its requests overlap, and only those
  /// of one connection come one after the other.
  bool interleaved = false;
  /// Its client's address is one of this host: where that is a proxy, it may serve any client.
  bool client_local = false;
  /// The last exception of which a traceback was written to a log while it was handled, without its
  /// message: "ValueError", and the application's line, "shop/cart.py:31 in total". Empty where
  /// there was none, and where nobody looked: until the first request failed.
  std::string exception_type;
  std::string exception_code;
  /// Where its client says so in one of the first bytes that are looked at. Recordings leave it
  /// out.
  std::optional<TraceContext> trace = std::nullopt;
};

/// A wait inside a request that took at least the threshold, or was `repeated`; or, with
/// Cause::on_cpu, a look at a thread that ran inside one, whose window is the time that it stands
/// for.
struct Wait {
  /// How `what` begins of a thread that waited for a connection of a pool, all of which were in
  /// use: "connection pool (SQLAlchemy)".
  static constexpr std::string_view pool = "connection pool (";

  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  /// Request::sequence of the request it happened in.
  std::uint64_t request_sequence = 0;
  TimeWindow window;
  Cause cause = Cause::other;
  /// What was waited on: "127.0.0.1:5432 (postgresql)", "unix:/run/redis.sock", "futex",
  /// "clock_nanosleep".
  std::string what;
  /// The application's line that waited, "shop/checkout.py:31 in charge". Empty when not known.
  std::string code;
  /// What was asked of the peer, its literals replaced: "SELECT * FROM cart WHERE id = ?", "GET ?",
  /// "POST /pay/{}". Empty when not known.
  std::string statement;
  /// One a request, however short: the request had asked this kind of peer ten times by then.
  bool repeated = false;
  /// Of a request whose thread serves others in between.
  bool interleaved = false;
  /// That thread itself waited, and with it all the requests that it serves.
  bool held_loop = false;
};

/// A process of a watched server that came or went.
struct ProcessEvent {
  enum class Kind { started, executed, exited };
  Kind kind = Kind::started;
  MonotonicTime time;
  std::uint32_t tgid = 0;
  std::uint32_t parent_tgid = 0;
  // For `exited`:
  /// As waitpid(2) reports it.
  int wait_status = 0;
  /// The first signal that asked it to end, and the process that sent it: 0 where there was none,
  /// and where it was the kernel.
  std::uint32_t signal = 0;
  std::uint32_t sender_tgid = 0;
  /// The kernel killed it to have its memory.
  bool out_of_memory = false;
};

/// What a worker holds now.
struct MemorySample {
  MonotonicTime time;
  std::uint32_t tgid = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t anonymous_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t shared_bytes = 0;
  std::uint64_t high_water_bytes = 0;
  /// nullopt where none is set, or none can be seen.
  std::optional<MemoryLimit> limit = std::nullopt;
  /// Of pages that several processes have, its part: after a fork most are. 0 when not known yet.
  std::uint64_t proportional_bytes = 0;
};

/// What a worker that serves requests holds now; many of these, to see what requests leave behind.
/// What requests under way hold is in it, and garbage that was not collected yet.
struct MemoryLook {
  /// How long the look took: the worker ran on meanwhile.
  TimeWindow window;
  std::uint32_t tgid = 0;
  /// Its anonymous resident set.
  std::uint64_t anonymous_bytes = 0;
  /// What CPython's allocator of objects of up to 512 bytes has handed out; 0 where it is not used.
  std::uint64_t small_object_bytes = 0;
};

/// The connections that wait to be accepted at one address of a server.
struct ListenQueue {
  /// As in Server::listen.
  std::string address;
  std::uint32_t length = 0;
  /// What the server asked for, at most the kernel's own (net.core.somaxconn). The kernel lets one
  /// more in.
  std::uint32_t limit = 0;
  /// Attempts to connect that were turned away since the socket was made, most of them for want of
  /// room; a client tries again by itself. 0 for a unix socket, whose clients wait for room.
  std::uint64_t dropped = 0;

  bool operator==(const ListenQueue &) const = default;
};

/// The accept queues of a server now.
struct ListenSample {
  MonotonicTime time;
  std::uint32_t server = 0;
  std::vector<ListenQueue> queues;
};

/// What one thread of a worker is doing now.
struct ThreadSample {
  MonotonicTime time;
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  /// What it waits for, or on_cpu / run_queue.
  Cause cause = Cause::other;
  MonotonicTime since;
  /// Whether a request is open, and since when; its method and path, and whether a part of its
  /// response has been sent.
  bool request_open = false;
  bool response_begun = false;
  MonotonicTime request_begin;
  std::uint64_t request_sequence = 0;
  std::string method;
  std::string path;
  /// While it waits for a lock that is no GIL: which one (an address in the process), and whether
  /// other processes may hold it.
  std::uint64_t lock = 0;
  bool lock_shared = false;
  /// Of a long wait: the application's line that waits, and whether it waits for something to be
  /// done (an event, a result, an item of a queue) rather than for somebody to let go. Empty and
  /// false where not looked at.
  std::string code;
  bool for_event = false;
};

/// The servers known at one moment. Replaces what was known before.
struct ServersSeen {
  MonotonicTime time;
  std::vector<Server> servers;
};

/// The agent's own cost and losses, counted since it started.
struct CoverageSample {
  MonotonicTime time;
  std::uint64_t requests_lost = 0;
  /// Of any kind, requests_lost included.
  std::uint64_t records_lost = 0;
  Nanos agent_cpu{};
  Nanos bpf_run{};
  std::uint64_t agent_rss_bytes = 0;
  /// Sentences for Coverage.gaps. Replaces what was known before.
  std::vector<std::string> gaps;
  /// Of all the host's CPUs together: their time, and what of it the hypervisor took away.
  Nanos host_cpu{};
  Nanos host_steal{};
  /// Memory of the host that could be given to processes without swapping; 0 when not known.
  std::uint64_t host_available_bytes = 0;
  /// Of host_cpu, what was not idle; 0 when not known.
  Nanos host_busy{};
};

/// The window opens or closes: the first and the last observation of every recording.
struct WindowMark {
  ClockAnchor clock;
};

using Observation =
    std::variant<Request, Wait, ProcessEvent, MemorySample, ThreadSample, ServersSeen,
                 CoverageSample, WindowMark, OutgoingSample, CpuLimitSample, ListenSample,
                 HeapGrowth, AllocationsSeen, Escalation, MemoryLook, GlobalsLook>;

} // namespace linger::domain
