// One connection to a peer that a watched worker holds open, and what is counted of each peer.
//
// Not in the ring buffer: bpf/probes/outgoing.bpf.c writes one record after the other into the
// iterator's file; the counts are a map's. Read by agent/decode/outgoing_decoder.cpp.

#pragma once

#include "wire/peer.h"
#include "wire/wait_record.h"

enum outgoing_flags {
	OUTGOING_USED = 1 << 0,        // something has been sent on it
	OUTGOING_IN_USE = 1 << 1,      // by a request of an event loop; see asked_socket for others
	OUTGOING_PEER_CLOSED = 1 << 2, // the peer has closed its end, the worker has not
};

struct outgoing_record {
	__u32 tgid;
	__u32 flags;          // enum outgoing_flags
	__u64 socket;         // the kernel's address of it, as in asked_socket
	__u64 socket_inode;   // tells the sockets of all time apart
	__u64 transaction_ns; // when its transaction was first seen open; 0 when none is
	struct wait_target target;
	struct peer peer;
	__u16 port; // the socket's own
	__u16 unused;
};
WIRE_SIZE(struct outgoing_record, 64);

// A socket that an open request has asked something on.
struct asked_socket {
	__u64 socket; // 0 when there is none
	__u64 port;   // the socket's own
};
WIRE_SIZE(struct asked_socket, 16);

// Key of the map opened_counts: what a worker has opened connections to. The value counts those on
// which something was sent.
struct opened_key {
	__u32 tgid;
	struct wait_target target;
};
WIRE_SIZE(struct opened_key, 24);
