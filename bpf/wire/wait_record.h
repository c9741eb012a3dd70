// One wait inside a request that took at least the threshold, with what the thread had asked of the
// peer that it waited for.
//
// Sent by bpf/lib/wait.bpf.h when the thread runs again, so it comes before the record of its
// request. Read by agent/decode/wait_decoder.cpp.

#pragma once

#include "wire/cause.h"
#include "wire/wire.h"

#define TARGET_ADDRESS_BYTES 16
#define WAIT_QUESTION_BYTES 512
// A request that asks this often of one kind of peer leaves the record of one such wait, however
// short.
#define REPEATED_CALLS 10

// What the thread waited on.
enum target_kind {
	TARGET_NONE = 0,  // nothing that has a name: a timer, a child, a page
	TARGET_INET = 1,  // address: IPv4 in the first four bytes
	TARGET_INET6 = 2, // address: IPv6
	TARGET_UNIX = 3,  // address: the last 16 bytes of the peer's path, zero-filled
	TARGET_FILE = 4,
	TARGET_PIPE = 5,
	TARGET_FUTEX = 6,
	TARGET_GIL = 7,    // the interpreter's lock
	TARGET_SAMPLE = 8, // nothing: with CAUSE_ON_CPU, a look at a thread that ran
};

struct wait_target {
	__u16 target_kind; // enum target_kind
	__u16 port;        // of TARGET_INET and TARGET_INET6, host byte order
	__u8 address[TARGET_ADDRESS_BYTES];
};
WIRE_SIZE(struct wait_target, 20);

enum wait_flags {
	WAIT_TLS = 1 << 0,         // the peer is spoken to over TLS
	WAIT_REPEATED = 1 << 1,    // the request has asked such a peer REPEATED_CALLS times by now
	WAIT_INTERLEAVED = 1 << 2, // the thread serves other requests too: an event loop
	WAIT_HELD_LOOP = 1 << 3,   // it waited itself, and all of them with it
};

struct wait_record {
	__u32 kind; // RECORD_WAIT
	__u32 cause;
	__u32 tgid;
	__u32 tid;
	__u64 sequence; // of the request
	__u64 begin_ns;
	__u64 end_ns;  // woken, or running again where the wake-up was not seen
	__s32 syscall; // the system call's number on this architecture, -1 outside of one
	struct wait_target target;
	__u64 socket_inode;   // tells the sockets of all time apart; 0 unless the target is a peer
	__u32 flags;          // enum wait_flags
	__u32 asked_bytes;    // sent to the peer since it last answered; 0 when nothing was
	__u32 question_bytes; // how many of question are valid
	__u32 unused;
	__u8 question[WAIT_QUESTION_BYTES]; // the first of them; on the wire cut to question_bytes
};
WIRE_SIZE(struct wait_record, 600);
