/* SPDX-License-Identifier: GPL-2.0-only */
//
// What is sent on a request's own connection: where its response begins, and whether it goes on.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/payload.bpf.h"
#include "lib/request.bpf.h"

enum {
	STATUS_LINE_BYTES = 13, // "HTTP/1.1 200 "
	INTERIM_BYTES = 16,     // "Status: 200 Cont"
	HEAD_END_BYTES = 4,     // an empty line
	CHUNKS_END_BYTES = 7,   // the last chunk, which is empty, behind the end of the one before
};

static __always_inline bool is_response(const __u8 *response)
{
	return response[0] == 'H' && response[4] == '/' && response[8] == ' ';
}

// "HTTP/1.1 101 Switching Protocols": the last that is HTTP on this connection.
static __always_inline bool is_upgrade(const __u8 *response)
{
	return is_response(response) && response[9] == '1' && response[10] == '0' &&
	       response[11] == '1';
}

// "Status: 200 Continue": mod_wsgi's process asks Apache for the body, which may be empty.
static __always_inline bool is_cgi_continue(const __u8 *response)
{
	return response[0] == 'S' && response[6] == ':' && response[11] == ' ' &&
	       response[12] == 'C' && response[13] == 'o' && response[14] == 'n' &&
	       response[15] == 't';
}

// An interim response ("HTTP/1.1 100 Continue") is not yet the response.
static __always_inline bool is_interim(const __u8 *response)
{
	return (is_response(response) && response[9] == '1' && !is_upgrade(response)) ||
	       is_cgi_continue(response);
}

// Whether all that was sent so far has been kept, and more of the response's head may follow.
static __always_inline bool head_goes_on(const struct request_record *request)
{
	__u32 at = request->response_bytes;
	const __u8 *last;

	if (at != request->sent_bytes || at >= RESPONSE_HEAD_BYTES)
		return false;
	if (at < HEAD_END_BYTES)
		return true;
	last = request->response + ((at - HEAD_END_BYTES) & (RESPONSE_HEAD_BYTES - 1));
	return last[0] != '\r' || last[1] != '\n' || last[2] != '\r' || last[3] != '\n';
}

// Keeps the first bytes sent, over several calls if need be. Returns how many were added.
static __always_inline __u64 append_response(struct request_record *request,
					     const struct payload *payload)
{
	__u32 at = request->response_bytes;
	__u64 size_bytes = payload->size_bytes;

	if (at >= RESPONSE_HEAD_BYTES || !payload->bytes)
		return 0;
	if (size_bytes > RESPONSE_HEAD_BYTES - at)
		size_bytes = RESPONSE_HEAD_BYTES - at;
	at &= RESPONSE_HEAD_BYTES - 1;
	size_bytes &= 2 * RESPONSE_HEAD_BYTES - 1;
	if (size_bytes > RESPONSE_HEAD_BYTES ||
	    bpf_probe_read_user(request->response + at, size_bytes, payload->bytes))
		return 0;
	return size_bytes;
}

// Another response begins, and nothing was received since the one before began: its request came
// along with that one's (pipelining).
static __always_inline bool is_next_response(const struct payload *payload)
{
	__u8 line[STATUS_LINE_BYTES];

	return payload->bytes && payload->size_bytes >= sizeof(line) &&
	       bpf_probe_read_user(line, sizeof(line), payload->bytes) == 0 && is_response(line) &&
	       line[1] == 'T' && line[2] == 'T' && line[3] == 'P' && line[12] == ' ' &&
	       (line[9] != '1' || is_upgrade(line));
}

// Ends the request and begins the next one where it ended.
static __always_inline void begin_pipelined(struct task_struct *task, struct thread_state *state,
					    __u64 now_ns)
{
	struct request_record *request = &state->request;
	__u64 socket = state->request_socket;

	end_request(task, state, now_ns, 0);
	state->request_socket = socket;
	for (int i = 0; i < CAUSE_COUNT; i++)
		state->begin_spent_ns[i] += request->spent_ns[i];
	for (int i = 0; i < CALLS_KINDS; i++) {
		state->calls_count[i] -= request->calls_count[i];
		request->calls_count[i] = 0;
		request->opened_count[i] = 0;
	}
	state->begin_throttled_ns += request->throttled_ns;
	state->begin_minor_faults_count += request->minor_faults_count;
	state->begin_major_faults_count += request->major_faults_count;
	state->repeats_told = 0;
	state->unreported = false;
	state->reported = false;

	request->flags &= REQUEST_CLIENT_LOCAL;
	request->sequence = ++state->request_sequence;
	request->begin_ns = request->end_ns;
	request->accept_queue_ns = 0;
	request->event_loop_ns = 0;
	request->received_bytes = 0;
	request->sent_bytes = 0;
	request->anonymous_begin_bytes = request->anonymous_end_bytes;
	request->response_bytes = 0;
	request->pipelined_count++;
}

// Whether what is sent ends as the last chunk of a body does.
static __always_inline __u32 tail_flags(const struct payload *payload, __u64 size_bytes)
{
	__u8 tail[CHUNKS_END_BYTES] = { [0] = '\r', [1] = '\n' };
	__u64 tail_bytes = size_bytes < sizeof(tail) ? size_bytes : sizeof(tail);
	__u64 before_bytes = sizeof(tail) - tail_bytes;

	// The empty chunk alone is five bytes; a part of it does not tell.
	if (before_bytes > 2 || !payload->bytes || payload->size_bytes != size_bytes ||
	    bpf_probe_read_user(tail + before_bytes, tail_bytes,
				payload->bytes + size_bytes - tail_bytes))
		return REQUEST_TAIL_UNSEEN;
	return tail[0] == '\r' && tail[1] == '\n' && tail[2] == '0' && tail[3] == '\r' &&
			       tail[4] == '\n' && tail[5] == '\r' && tail[6] == '\n'
		       ? REQUEST_LAST_CHUNK
		       : 0;
}

// What follows on the connection is no request. The thread may serve it for hours.
static __always_inline void leave_http(struct task_struct *task, struct thread_state *state,
				       __u64 now_ns)
{
	state->connection.upgraded = true;
	remember_connection(state->request_socket, &state->connection);
	state->connection_saved = true;
	if (!state->is_loop)
		end_request(task, state, now_ns, 0);
}

static __always_inline void respond(struct task_struct *task, struct thread_state *state,
				    const struct syscall *syscall, __u64 size_bytes)
{
	struct request_record *request = &state->request;
	__u64 now_ns = bpf_ktime_get_ns();
	struct payload payload;
	__u64 added_bytes;

	if (!is_received(request) || state->connection.upgraded)
		return;
	payload = find_payload(syscall, size_bytes);
	if (request->sent_bytes && is_next_response(&payload))
		begin_pipelined(task, state, now_ns);
	if (head_goes_on(request)) {
		added_bytes = append_response(request, &payload);
		if (!request->sent_bytes && added_bytes >= INTERIM_BYTES &&
		    is_interim(request->response))
			return;
		// Still the response to the request whose body this is the rest of.
		if (!request->sent_bytes && request->flags & REQUEST_AFTER_BODY && added_bytes &&
		    !is_response(request->response))
			return;
		request->response_bytes += added_bytes;
	}
	request->flags &= ~(REQUEST_LAST_CHUNK | REQUEST_TAIL_UNSEEN);
	request->flags |= tail_flags(&payload, size_bytes);
	request->sent_bytes += size_bytes;
	extend_request(task, state, now_ns);
	if (request->response_bytes >= STATUS_LINE_BYTES && is_upgrade(request->response))
		leave_http(task, state, now_ns);
}
