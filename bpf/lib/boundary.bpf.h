/* SPDX-License-Identifier: GPL-2.0-only */
//
// What bytes on a socket mean for the request of the thread that moved them. `syscall` is the call
// that did it, and it is the current thread's.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/question.bpf.h"
#include "lib/request.bpf.h"

enum {
	MSG_PEEK = 2,
	METHOD_BYTES = 8,
};

enum beginning {
	BEGINNING_NOT,
	BEGINNING_MAYBE, // too short to tell: "PO"
	BEGINNING_SURE,
};

// "GET /", "OPTIONS *", "CONNECT h": capital letters, then a space.
static __always_inline enum beginning beginning_of_request(const void *payload, __u64 size_bytes)
{
	__u8 bytes[METHOD_BYTES] = {};

	if (!payload || bpf_probe_read_user(bytes, sizeof(bytes), payload))
		return BEGINNING_NOT;
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

static __always_inline void receive(struct task_struct *task, struct thread_state *state,
				    struct sock *sk, const struct syscall *syscall,
				    __u64 size_bytes)
{
	__u64 socket = (__u64)sk;
	bool own = state->request_socket == socket;
	struct connection *connection =
		own && !state->connection_saved ? &state->connection : connection_of(sk);
	const void *payload;
	__u64 now_ns;
	enum beginning beginning;

	note_answer(state, sk, syscall, size_bytes);
	// Much of what a worker receives comes from databases and the like.
	if (!connection)
		connection = take_up_connection(sk);
	if (!connection)
		return;
	now_ns = bpf_ktime_get_ns();
	payload = payload_of(syscall);

	beginning = beginning_of_request(payload, size_bytes);
	if (!own || state->request.sent_bytes ||
	    (beginning == BEGINNING_SURE && state->request.flags & REQUEST_AFTER_BODY)) {
		if (!own) {
			save_connection(state);
			state->connection_saved = true; // where this one was found
		}
		end_request(task, state, now_ns, 0);
		begin_request(task, state, socket, connection, now_ns);
	}
	if (!state->request.received_bytes) {
		// A server may read, or throw away, the rest of a body after its response, and in
		// another thread.
		if (connection->requests_count && beginning == BEGINNING_NOT)
			state->request.flags |= REQUEST_AFTER_BODY;
		connection->requests_count++;
	}
	state->request.received_bytes += size_bytes;
	state->unreported = true;
	if (state->request.flags & REQUEST_AFTER_BODY)
		slide_head(state, payload, size_bytes);
	else
		append_head(state, payload, size_bytes);
}

static __always_inline bool is_response(const __u8 *response)
{
	return response[0] == 'H' && response[4] == '/' && response[8] == ' ';
}

// An interim response ("HTTP/1.1 100 Continue") is not yet the response.
static __always_inline bool is_interim(const __u8 *response)
{
	return is_response(response) && response[9] == '1';
}

static __always_inline void respond(struct task_struct *task, struct thread_state *state,
				    const struct syscall *syscall, __u64 size_bytes)
{
	struct request_record *request = &state->request;
	__u64 read_bytes;
	const void *payload;

	if (!request->received_bytes)
		return;
	if (!request->sent_bytes) {
		payload = payload_of(syscall);
		read_bytes = size_bytes > RESPONSE_HEAD_BYTES ? RESPONSE_HEAD_BYTES : size_bytes;
		if (payload && bpf_probe_read_user(request->response, read_bytes, payload) == 0) {
			if (read_bytes > 9 && is_interim(request->response))
				return;
			// Still the response to the request whose body this is the rest of.
			if (request->flags & REQUEST_AFTER_BODY && !is_response(request->response))
				return;
			request->response_bytes = read_bytes;
		}
	}
	request->sent_bytes += size_bytes;
	extend_request(task, state, bpf_ktime_get_ns());
}

static __always_inline void send(struct task_struct *task, struct thread_state *state,
				 struct sock *sk, const struct syscall *syscall, __u64 size_bytes)
{
	if (state->request_socket == (__u64)sk)
		respond(task, state, syscall, size_bytes);
	else if (!is_server_end(sk))
		talk(state, sk, syscall, size_bytes);
}
