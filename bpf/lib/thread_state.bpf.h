/* SPDX-License-Identifier: GPL-2.0-only */
//
// What the probes know of a watched thread: its ledger, the wait it is in, the request it serves.
// A thread without a state is not watched, and every probe leaves it after that one look.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/loop_state.bpf.h"
#include "lib/loss.bpf.h"
#include "lib/watched.bpf.h"
#include "vmlinux.h"
#include "wire/python_stack_record.h"
#include "wire/request_record.h"
#include "wire/thread_record.h"
#include "wire/wait_record.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct thread_state {
	// The ledger: time by cause up to since_ns; from there on it counts as `cause`.
	__u64 born_ns;
	__u64 since_ns;
	__u64 spent_ns[CAUSE_COUNT];
	__u64 throttled_ns; // of that in run_queue; counted when the thread runs again
	bool throttled;     // its group's CPU time was used up when it left or was woken
	__u32 cause;

	// The wait that the thread is in or has just been woken from; wait_begin_ns is 0 otherwise.
	__u32 wait_cause;
	__u64 wait_begin_ns;
	__u64 wait_end_ns;
	__u64 woken_on_cpu_ns; // spent_ns[CAUSE_ON_CPU] at that moment
	__s32 wait_syscall;
	struct wait_target wait_target;
	bool wait_pending; // it is over, its record has not been sent yet
	bool walking;      // python_stack is being filled or sent
	bool returns_seen; // rseq_update tells of the thread's ways back to user mode
	struct python_stack_record python_stack;
	__u64 wait_socket_inode;
	__u32 wait_flags;  // enum wait_flags
	bool wait_answers; // it waits for the answer to the question

	// What the thread has asked of a peer; its bytes are in `wait` below. The socket is 0 when
	// this request has asked nothing yet.
	__u64 question_socket;
	__u16 question_port; // the socket's own, as request_port
	struct wait_target question_target;
	__u32 question_bytes;   // kept
	__u32 asked_bytes;      // sent
	bool question_answered; // in part, at least: what is sent next is another question
	__u8 repeats_told;      // a bit for each enum calls_kind
	__u32 question_cause;   // enum cause
	// In the open request; the socket is 0 when no transaction is known to be open.
	__u64 transaction_socket;
	__u16 transaction_port;
	__u32 calls_count[CALLS_KINDS];
	// What the open request has asked on, the latest few; event loops keep socket_uses instead.
	struct asked_socket asked[ASKED_SOCKETS];
	__u32 asked_count;

	// The request. Its socket is 0 when none is open; a socket of which nothing has been
	// received yet is a connection that the thread accepted.
	__u64 request_socket;
	__u16 request_port; // the socket's own: tells it from one that has its address later
	struct connection connection;
	bool connection_saved;  // in the map too, for other threads to find
	__u64 request_sequence; // of the latest request
	__u64 begin_spent_ns[CAUSE_COUNT];
	__u64 begin_throttled_ns;
	__u64 begin_minor_faults_count;
	__u64 begin_major_faults_count;
	bool unreported; // the record holds something that has not been sent
	bool reported;   // the record has been sent before
	struct request_record request;
	__u8 head_slack[REQUEST_HEAD_BYTES]; // lets the verifier see that appending stays inside
	struct wait_record wait;             // filled when it is sent, but for the question
	__u8 question_slack[WAIT_QUESTION_BYTES];

	// A traceback that is being written line by line.
	__u64 traceback_sequence; // of its request
	__u64 traceback_fd;
	__u32 traceback_pieces_count; // that may still come

	// Whether it is a thread of an event loop: it serves many requests in turns, of which the
	// above is the one whose turn it is.
	bool is_loop;
	struct loop_state loop;

	// Whether it is a thread of a server in which one thread receives requests and hands them
	// to others: see lib/handover.bpf.h.
	bool hands_over;
	bool receives;      // it is that one
	bool between_tasks; // it waits for a request to answer
};

// thread -> state. Made by bpf/probes/{process,thread}.bpf.c, changed by the thread's own CPU and
// by its waker, never by both at once; goes with the thread.
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} thread_states __weak SEC(".maps");

// NULL for threads that are not watched: one load for nearly all of them.
static __always_inline struct thread_state *state_of(struct task_struct *task)
{
	if (!task->bpf_storage)
		return NULL;
	return bpf_task_storage_get(&thread_states, task, NULL, 0);
}

// Whether bytes of it have come.
static __always_inline bool is_received(const struct request_record *request)
{
	return request->received_bytes || request->pipelined_count;
}

static __always_inline bool request_received(const struct thread_state *state)
{
	return state->request_socket && is_received(&state->request) &&
	       (!(state->request.flags & REQUEST_AFTER_BODY) || state->request.sent_bytes);
}

static __always_inline struct thread_state *watch_thread(struct task_struct *task, enum cause cause,
							 enum watched_role role, __u64 now_ns)
{
	struct thread_state *state =
		bpf_task_storage_get(&thread_states, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!state) {
		count_loss(LOSS_THREAD_STORAGE);
		return NULL;
	}
	if (!state->born_ns) {
		state->cause = cause;
		state->since_ns = now_ns;
		// Sequences go on increasing when a tid is used again.
		state->request_sequence = now_ns;
		state->is_loop = has_loops(role);
		state->hands_over = hands_over(role);
		// What it does now may be a request already, of which only the rest is seen.
		state->between_tasks = state->hands_over;
		state->born_ns = now_ns;
	}
	return state;
}
