/* SPDX-License-Identifier: GPL-2.0-only */
//
// Requests cut out of a thread's life. The kernel knows no HTTP: a request begins with a connection
// accepted or with bytes received, its latest end is the last byte sent, and it is over when the
// connection is closed or the thread turns to another one.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/ledger.bpf.h"
#include "lib/packed_request.bpf.h"
#include "lib/payload.bpf.h"
#include "lib/thread_state.bpf.h"
#include "lib/wait.bpf.h"

// The kernel's counter of the process's anonymous pages. Since v6.2 (f1a7941243c1) it is gathered
// from the CPUs in batches, and what has not been gathered yet is missing here.
struct mm_rss_stat___before_6_2 {
	struct {
		__s64 counter;
	} count[4];
} __attribute__((preserve_access_index));

struct mm_struct___before_6_2 {
	struct mm_rss_stat___before_6_2 rss_stat;
} __attribute__((preserve_access_index));

enum {
	MM_ANONPAGES = 1, // include/linux/mm_types_task.h
	PAGE_BYTES = 4096,
};

static __always_inline __u64 anonymous_bytes_of(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	struct mm_struct___before_6_2 *older = (void *)mm;
	__s64 pages;

	if (!mm)
		return 0;
	if (bpf_core_field_exists(older->rss_stat.count))
		pages = BPF_CORE_READ(older, rss_stat.count[MM_ANONPAGES].counter);
	else
		pages = mm->rss_stat[MM_ANONPAGES].count;
	return pages > 0 ? pages * PAGE_BYTES : 0;
}

// A connection that was closed took its transaction along.
static __always_inline bool transaction_open(const struct thread_state *state)
{
	return state->transaction_socket && !is_closed(state->transaction_socket) &&
	       port_of((struct sock *)state->transaction_socket) == state->transaction_port;
}

// A function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int send_request(struct thread_state *state)
{
	if (!state)
		return 0;
	state->request.flags &= ~REQUEST_TRANSACTION_OPEN;
	if (transaction_open(state))
		state->request.flags |= REQUEST_TRANSACTION_OPEN;
	if (send_packed(&state->request)) {
		state->unreported = false;
		state->reported = true;
	} else if (state->request.flags & REQUEST_ENDED && !state->reported) {
		count_loss(LOSS_REQUEST);
	}
	return 0;
}

// Whether `sk` is the connection of the thread's request, and not one that has its address now.
static __always_inline bool is_own(const struct thread_state *state, const struct sock *sk,
				   __u16 port)
{
	return state->request_socket == (__u64)sk && state->request_port == port;
}

// Whether bytes have been sent that no record tells of yet.
static __always_inline bool is_unreported(const struct thread_state *state)
{
	return request_received(state) && state->unreported && state->request.sent_bytes;
}

// The request stands as it is but may go on: see wire/request_record.h.
static __always_inline void report_request(struct thread_state *state)
{
	report_pending_wait(state);
	if (is_unreported(state))
		send_request(state);
}

// Moves the request's end to now.
static __always_inline void extend_request(struct task_struct *task, struct thread_state *state,
					   __u64 now_ns)
{
	struct request_record *request = &state->request;

	settle(state, now_ns);
	request->end_ns = state->since_ns;
	for (int i = 0; i < CAUSE_COUNT; i++)
		request->spent_ns[i] = state->spent_ns[i] - state->begin_spent_ns[i];
	__builtin_memcpy(request->calls_count, state->calls_count, sizeof(request->calls_count));
	// A loop's thread may have been throttled in the turn of another request.
	request->throttled_ns =
		state->is_loop ? 0 : state->throttled_ns - state->begin_throttled_ns;
	// What a hand-over leaves out of the run queue may have been throttled.
	if (request->throttled_ns > request->spent_ns[CAUSE_RUN_QUEUE])
		request->throttled_ns = request->spent_ns[CAUSE_RUN_QUEUE];
	request->minor_faults_count = task->min_flt - state->begin_minor_faults_count;
	request->major_faults_count = task->maj_flt - state->begin_major_faults_count;
	request->anonymous_end_bytes = anonymous_bytes_of(task);
	state->unreported = true;
}

// A request that got no response took until now.
static __always_inline void end_request(struct task_struct *task, struct thread_state *state,
					__u64 now_ns, __u32 flags)
{
	report_pending_wait(state);
	if (request_received(state) && state->unreported) {
		if (!state->request.sent_bytes)
			extend_request(task, state, now_ns);
		state->request.flags |= REQUEST_ENDED | flags;
		send_request(state);
	}
	state->request_socket = 0;
}

// Before the thread turns to another connection: this one may go on, here or in another thread.
static __always_inline void save_connection(struct thread_state *state)
{
	if (!state->request_socket || state->connection_saved || is_closed(state->request_socket))
		return;
	remember_connection(state->request_socket, &state->connection);
	state->connection_saved = true;
}

// What begins here is filled in by extend_request(), without which no request is sent.
static __always_inline void begin_request(struct task_struct *task, struct thread_state *state,
					  __u64 socket, __u16 port,
					  const struct connection *connection, __u64 now_ns)
{
	struct request_record *request = &state->request;

	settle(state, now_ns);
	__builtin_memcpy(state->begin_spent_ns, state->spent_ns, sizeof(state->spent_ns));
	state->begin_throttled_ns = state->throttled_ns;
	state->begin_minor_faults_count = task->min_flt;
	state->begin_major_faults_count = task->maj_flt;
	state->request_socket = socket;
	state->request_port = port;
	state->connection = *connection;
	state->unreported = false;
	state->reported = false;
	state->question_socket = 0;
	state->transaction_socket = 0;
	state->asked_count = 0;
	state->repeats_told = 0;
	__builtin_memset(state->calls_count, 0, sizeof(state->calls_count));

	request->kind = RECORD_REQUEST;
	request->flags = 0;
	request->tgid = task->tgid;
	request->tid = task->pid; // the kernel's "pid" is one thread
	request->sequence = ++state->request_sequence;
	request->connection = connection->id;
	request->begin_ns = state->since_ns;
	request->end_ns = state->since_ns;
	request->accept_queue_ns = 0;
	request->event_loop_ns = 0;
	if (!connection->requests_count) {
		request->flags = REQUEST_FIRST;
		if (connection->established_ns &&
		    connection->accepted_ns > connection->established_ns)
			request->accept_queue_ns =
				connection->accepted_ns - connection->established_ns;
		if (connection->accepted_ns && now_ns > connection->accepted_ns)
			request->event_loop_ns = now_ns - connection->accepted_ns;
	}
	request->received_bytes = 0;
	request->sent_bytes = 0;
	__builtin_memset(request->calls_count, 0, sizeof(request->calls_count));
	__builtin_memset(request->opened_count, 0, sizeof(request->opened_count));
	request->throttled_ns = 0;
	request->minor_faults_count = 0;
	request->major_faults_count = 0;
	request->anonymous_begin_bytes = anonymous_bytes_of(task);
	request->anonymous_end_bytes = request->anonymous_begin_bytes;
	request->response_bytes = 0;
	request->head_bytes = 0;
	request->pipelined_count = 0;
}

// Keeps the last bytes received, over several calls if need be, as many as there is room for.
static __always_inline void slide_head(struct thread_state *state, const void *payload,
				       __u64 size_bytes)
{
	struct request_record *request = &state->request;
	__u64 fresh_bytes = size_bytes > REQUEST_HEAD_BYTES ? REQUEST_HEAD_BYTES : size_bytes;
	__u64 kept_bytes = request->head_bytes;
	__u64 gone_bytes = 0;

	if (kept_bytes > REQUEST_HEAD_BYTES - fresh_bytes) {
		gone_bytes = kept_bytes - (REQUEST_HEAD_BYTES - fresh_bytes);
		kept_bytes = REQUEST_HEAD_BYTES - fresh_bytes;
	}
	if (kept_bytes > REQUEST_HEAD_BYTES)
		return;
	if (gone_bytes)
		bpf_probe_read_kernel(request->head, kept_bytes, request->head + gone_bytes);
	request->head_bytes = 0;
	if (!payload || bpf_probe_read_user(request->head + kept_bytes, fresh_bytes,
					    payload + size_bytes - fresh_bytes)) {
		count_loss(LOSS_HEAD);
		return;
	}
	request->head_bytes = kept_bytes + fresh_bytes;
}

static __always_inline void append_head(struct thread_state *state, const void *payload,
					__u64 size_bytes)
{
	struct request_record *request = &state->request;
	__u32 at = request->head_bytes;

	if (at >= REQUEST_HEAD_BYTES)
		return;
	if (size_bytes > REQUEST_HEAD_BYTES - at)
		size_bytes = REQUEST_HEAD_BYTES - at;
	at &= REQUEST_HEAD_BYTES - 1;
	size_bytes &= 2 * REQUEST_HEAD_BYTES - 1;
	if (size_bytes > REQUEST_HEAD_BYTES)
		return;
	if (!payload || bpf_probe_read_user(request->head + at, size_bytes, payload)) {
		count_loss(LOSS_HEAD);
		return;
	}
	request->head_bytes = at + size_bytes;
}
