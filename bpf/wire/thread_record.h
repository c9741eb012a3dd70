// What one watched thread is doing now, and its ledger.
//
// Not in the ring buffer: bpf/probes/thread.bpf.c writes one after the other into the iterator's
// file. Read by agent/decode/thread_decoder.cpp.

#pragma once

#include "wire/outgoing_record.h"
#include "wire/request_record.h"

#define ASKED_SOCKETS 8

enum thread_flags {
	THREAD_REQUEST_OPEN = 1 << 0,      // bytes of a request have been received
	THREAD_RESPONSE_BEGUN = 1 << 1,    // bytes of its response have been sent
	THREAD_UWSGI = 1 << 2,             // head is that of a request with REQUEST_UWSGI
	THREAD_CONNECTION_CLOSED = 1 << 3, // no more bytes can follow
	THREAD_LOCK_SHARED = 1 << 4,       // other processes may hold the lock that it waits for
};

struct thread_record {
	__u32 tgid;
	__u32 tid;
	__u32 cause; // what the thread's time counts as at this moment
	__u32 flags;
	__u64 born_ns;  // when the ledger was opened
	__u64 since_ns; // when cause began; the counters below reach up to here
	__u64 sequence;
	__u64 request_begin_ns;
	__u64 spent_ns[CAUSE_COUNT]; // adds up to since_ns - born_ns
	__u32 head_bytes;
	__u32 asked_count; // how many of asked are valid; may be more than there are
	__u8 head[REQUEST_HEAD_BYTES];
	// What the request has asked on, while it has no response yet; not of an event loop.
	struct asked_socket asked[ASKED_SOCKETS];
	__u64 thread_pointer; // by which its Python stack is found
	__u64 lock_address;   // of the futex that it waits for as CAUSE_LOCK; 0 otherwise
};
WIRE_SIZE(struct thread_record, 600);
