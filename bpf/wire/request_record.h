// One request, from the first byte received to the last byte sent.
//
// Built in the thread's own storage by bpf/lib/request.bpf.h and sent when the request ends: the
// connection is closed, the thread takes up another request or waits for a connection, or it dies.
// When the thread blocks on something that may well be its idle wait, the record is sent as it
// stands without REQUEST_ENDED; should more bytes follow, it is sent again under the same sequence.
//
// It crosses packed, by bpf/lib/packed_request.bpf.h: what its arrays do not hold is not sent.
// Read by agent/decode/request_decoder.cpp.

#pragma once

#include "wire/cause.h"
#include "wire/wire.h"

#define REQUEST_HEAD_BYTES 256
#define RESPONSE_HEAD_BYTES 256
// Of a response that has ended no more is sent than tells its status.
#define RESPONSE_STATUS_BYTES 16

enum request_flags {
	REQUEST_ENDED = 1 << 0,       // no more bytes can follow
	REQUEST_THREAD_DIED = 1 << 1, // the thread exited with the request open
	REQUEST_FIRST = 1 << 2,       // the first request of its connection
	REQUEST_AFTER_BODY = 1 << 3, // head holds the last bytes received: its beginning may be the
				     // rest of a body that the request before left unread
	REQUEST_UWSGI = 1 << 4, // head holds the pairs of a uwsgi packet, without its header, and
				// without QUERY_STRING where that comes first
	REQUEST_TRANSACTION_OPEN = 1 << 5, // the last that a database said to the thread was
					   // that a transaction is open
	REQUEST_INTERLEAVED = 1 << 6,      // the thread served others in between
	REQUEST_LAST_CHUNK = 1 << 7,       // what was sent last ends as a body in chunks does
	REQUEST_TAIL_UNSEEN = 1 << 8,      // where what was sent last ends could not be looked at
	REQUEST_CLIENT_LOCAL = 1 << 9,     // its client is on this host: loopback, a unix socket
};

// Kinds of peers whose calls are counted, in the order of their causes from CAUSE_DATABASE on.
enum calls_kind {
	CALLS_DATABASE,
	CALLS_CACHE,
	CALLS_UPSTREAM,
	CALLS_DNS,
	CALLS_KINDS,
};

#define CAUSES_THROTTLED (1 << CAUSE_COUNT) // in request_record.causes

struct request_record {
	__u32 kind; // RECORD_REQUEST
	__u32 flags;
	__u32 tgid;
	__u32 tid;
	__u64 sequence; // increases with each request of the thread, also across threads that reuse
			// a tid
	__u64 connection;      // counts accepted connections
	__u64 begin_ns;        // when the thread took it up
	__u64 end_ns;          // the last byte sent; equals begin_ns when none was
	__u64 accept_queue_ns; // completed handshake to accept's return; 0 unless REQUEST_FIRST
	__u64 event_loop_ns;   // accept's return to the thread's first touch, when another thread
			       // accepted
	__u64 received_bytes;
	__u64 sent_bytes;
	__u64 anonymous_begin_bytes;
	__u64 anonymous_end_bytes;
	__u32 minor_faults_count;
	__u32 major_faults_count;
	__u32 calls_count[CALLS_KINDS]; // round trips: how often something was asked of such a peer
	__u32 pipelined_count; // requests received together with this one, whose heads come before
			       // its own in head; received_bytes is 0 then
	__u8 opened_count[CALLS_KINDS]; // connections to such a peer on which it was the first to
					// send something; 255 and more are 255
	__u32 causes;         // on the wire: a bit for each cause, from the lowest, that took time
	__u16 response_bytes; // how many of response are valid
	__u16 head_bytes;     // how many of head are valid

	// On the wire each of these follows the one before it without a gap.
	__u64 spent_ns[CAUSE_COUNT]; // between begin_ns and end_ns; adds up to their difference. On
				     // the wire those of `causes`, in their order
	__u64 throttled_ns; // of spent_ns[CAUSE_RUN_QUEUE]: the group's CPU time was used up; 0 for
			    // event loops. On the wire only with CAUSES_THROTTLED
	__u8 response[RESPONSE_HEAD_BYTES]; // the first bytes sent; on the wire cut to
					    // response_bytes
	__u8 head[REQUEST_HEAD_BYTES]; // the first bytes received; on the wire cut to head_bytes
};
WIRE_SIZE(struct request_record, 800);
