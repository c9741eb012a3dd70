/* SPDX-License-Identifier: GPL-2.0-only */
//
// What bytes on a socket mean for the request of the thread that moved them. `syscall` is the call
// that did it, and it is the current thread's.

#pragma once

#include "lib/arrival.bpf.h"
#include "lib/connection.bpf.h"
#include "lib/question.bpf.h"
#include "lib/request.bpf.h"
#include "lib/response.bpf.h"
#include "lib/socket.bpf.h"

enum {
	MSG_PEEK = 2,
	METHOD_BYTES = 8,
	UWSGI_HEADER_BYTES = 4,
	QUERY_NAME_BYTES = 12, // QUERY_STRING
};

enum beginning {
	BEGINNING_NOT,
	BEGINNING_MAYBE, // too short to tell: "PO"
	BEGINNING_SURE,
	BEGINNING_UWSGI, // sure, and in the uwsgi protocol
};

// A packet of the uwsgi protocol for a Python application: modifier1 (0), its size, modifier2 (0),
// then the length of the first name, and that name in capital letters.
static __always_inline bool is_uwsgi_packet(const __u8 *bytes, __u64 size_bytes)
{
	return size_bytes >= METHOD_BYTES && bytes[0] == 0 && bytes[3] == 0 &&
	       (bytes[1] | bytes[2]) && bytes[4] >= 2 && bytes[4] <= 64 && bytes[5] == 0 &&
	       bytes[6] >= 'A' && bytes[6] <= 'Z';
}

// What of a uwsgi packet need not be kept: its header, and the query string, which nginx sends
// first and which may be longer than all that is kept.
static __always_inline __u64 bytes_before_vars(const void *payload, __u64 size_bytes)
{
	struct {
		__u8 header[UWSGI_HEADER_BYTES];
		__u16 name_bytes;
		__u8 name[QUERY_NAME_BYTES];
		__u16 value_bytes;
	} first = {};
	__u64 skipped_bytes;

	if (size_bytes < sizeof(first) || bpf_probe_read_user(&first, sizeof(first), payload) ||
	    first.name_bytes != QUERY_NAME_BYTES || first.name[0] != 'Q' || first.name[1] != 'U')
		return UWSGI_HEADER_BYTES;
	skipped_bytes = sizeof(first) + first.value_bytes;
	return skipped_bytes < size_bytes ? skipped_bytes : UWSGI_HEADER_BYTES;
}

// "GET /", "OPTIONS *", "CONNECT h": capital letters, then a space; or a uwsgi packet. `address` is
// where the bytes lie in the process. A function of its own for the verifier: see classify().
// Returns an enum beginning.
__weak __noinline int beginning_of_request(__u64 address, __u64 size_bytes)
{
	const void *payload = (const void *)address;
	__u8 bytes[METHOD_BYTES] = {};

	if (!payload || bpf_probe_read_user(bytes, sizeof(bytes), payload))
		return BEGINNING_NOT;
	if (is_uwsgi_packet(bytes, size_bytes))
		return BEGINNING_UWSGI;
	for (int i = 0; i < METHOD_BYTES; i++) {
		if ((__u64)i >= size_bytes)
			return BEGINNING_MAYBE;
		if (bytes[i] == ' ')
			return i >= 3 ? BEGINNING_SURE : BEGINNING_NOT;
		if (bytes[i] < 'A' || bytes[i] > 'Z')
			return BEGINNING_NOT;
	}
	return BEGINNING_NOT;
}

// `port` is the socket's own, here and below.
static __always_inline void receive(struct task_struct *task, struct thread_state *state,
				    struct sock *sk, __u16 port, const struct syscall *syscall,
				    __u64 size_bytes)
{
	bool own = is_own(state, sk, port);
	struct connection *connection =
		own && !state->connection_saved ? &state->connection : connection_of(sk);
	__u64 skipped_bytes = 0;
	__u64 before_ns;
	const void *payload;
	__u64 now_ns;
	enum beginning beginning;

	note_answer(state, sk, port, syscall, size_bytes);
	// Much of what a worker receives comes from databases and the like.
	if (!connection)
		connection = take_up_connection(sk);
	if (!connection || connection->upgraded)
		return;
	now_ns = bpf_ktime_get_ns();
	payload = payload_of(syscall);

	beginning = beginning_of_request((__u64)payload, size_bytes);
	if (!own || state->request.sent_bytes ||
	    (beginning >= BEGINNING_SURE && state->request.flags & REQUEST_AFTER_BODY)) {
		if (!own) {
			save_connection(state);
			state->connection_saved = true; // where this one was found
		}
		end_request(task, state, now_ns, 0);
		before_ns = state->request.end_ns;
		begin_request(task, state, (__u64)sk, port, connection, now_ns);
		// The rest of a body has lain there since the request before.
		if (!connection->requests_count || beginning != BEGINNING_NOT)
			count_arrival(state, sk, before_ns, state->since_ns);
	}
	if (!state->request.received_bytes) {
		// A server may read, or throw away, the rest of a body after its response, and in
		// another thread.
		if (connection->requests_count && beginning == BEGINNING_NOT)
			state->request.flags |= REQUEST_AFTER_BODY;
		if (peer_is_local(sk))
			state->request.flags |= REQUEST_CLIENT_LOCAL;
		if (beginning == BEGINNING_UWSGI) {
			state->request.flags |= REQUEST_UWSGI;
			skipped_bytes = bytes_before_vars(payload, size_bytes);
		}
		connection->requests_count++;
	}
	state->request.received_bytes += size_bytes;
	state->unreported = true;
	if (state->request.flags & REQUEST_AFTER_BODY)
		slide_head(state, payload, size_bytes);
	else
		append_head(state, payload + skipped_bytes, size_bytes - skipped_bytes);
}

static __always_inline void send(struct task_struct *task, struct thread_state *state,
				 struct sock *sk, __u16 port, const struct syscall *syscall,
				 __u64 size_bytes)
{
	if (is_own(state, sk, port))
		respond(task, state, syscall, size_bytes);
	else if (!is_server_end(sk))
		talk(state, sk, port, syscall, size_bytes);
}
