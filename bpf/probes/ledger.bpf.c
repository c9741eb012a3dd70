/* SPDX-License-Identifier: GPL-2.0-only */
//
// The thread ledger: where the time of watched threads goes.
//
//   sched_switch(prev, next)  prev leaves  -> run_queue when it could go on, else what it blocks on
//                             next returns -> on_cpu; a wait that was long enough leaves a record
//   rseq_update(task)         and that record goes out with the Python stack
//   sched_wakeup(task)        the wait is over -> run_queue until it runs; for a lock, a record of
//                             who released it
//
// sched_wakeup and not sched_waking: by then the task has left its CPU, so that the two probes
// never touch one ledger at the same time.
//
// Needs v5.15 (bpf_task_pt_regs). Cost: docs/design/kernel-side.md.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/blocking.bpf.h"
#include "lib/handover.bpf.h"
#include "lib/ledger.bpf.h"
#include "lib/loop.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/request.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline void leave_for_wait(struct task_struct *task, struct thread_state *state,
					   __u64 now_ns)
{
	struct blocking blocking = {};
	struct connection *connection;

	classify(state, &blocking);
	if (state->is_loop) {
		if (kind_of_syscall(blocking.syscall) == SYSCALL_EPOLL) {
			enter_loop_wait(state, blocking.syscall, false);
			blocking.cause = CAUSE_IDLE;
		} else {
			blame_for_block(state);
		}
	} else if (state->hands_over) {
		leave_task(state, &blocking);
	} else if (blocking.for_connection) {
		end_request(task, state, now_ns, 0);
	} else if (blocking.client_socket && blocking.client_socket != state->request_socket) {
		// The first touch of a connection that another thread accepted.
		connection = connection_of((struct sock *)blocking.client_socket);
		if (connection && !connection->requests_count) {
			save_connection(state);
			end_request(task, state, now_ns, 0);
			state->connection_saved = true; // where this one was found
			begin_request(task, state, blocking.client_socket,
				      port_of((struct sock *)blocking.client_socket), connection,
				      now_ns);
		}
	} else if (blocking.maybe_idle && !blocking.client_socket && state->request_socket) {
		if (is_closed(state->request_socket))
			end_request(task, state, now_ns, 0);
		else
			report_request(state);
	}

	if (!state->request_socket && !state->is_loop)
		blocking.cause = CAUSE_IDLE;
	state->cause = blocking.cause;
	state->wait_cause = blocking.cause;
	state->wait_begin_ns = now_ns;
	state->wait_end_ns = 0;
	state->wait_syscall = blocking.syscall;
	state->wait_target = blocking.target;
	state->wait_socket_inode = blocking.socket_inode;
	state->wait_flags = blocking.flags;
	state->wait_answers = blocking.for_answer;
	state->python_stack.frames_count = 0;
	if (!state->returns_seen && blocking.cause != CAUSE_IDLE)
		walk_python_stack(&state->python_stack);
}

static __always_inline bool is_of_request(const struct thread_state *state)
{
	return state->wait_cause != CAUSE_IDLE && request_received(state);
}

static __always_inline bool is_long(const struct thread_state *state)
{
	return state->wait_end_ns - state->wait_begin_ns >= wait_threshold_ns;
}

// The first wait of the request after it has asked one kind of peer REPEATED_CALLS times: that the
// calls are short is no reason not to know what they ask.
static __always_inline bool is_repeated(struct thread_state *state)
{
	__u32 kind = state->wait_cause - CAUSE_DATABASE;

	if (!state->wait_answers || kind >= CALLS_KINDS || state->repeats_told & 1 << kind ||
	    state->calls_count[kind] < REPEATED_CALLS)
		return false;
	state->repeats_told |= 1 << kind;
	state->wait_flags |= WAIT_REPEATED;
	return true;
}

// Whether the thread's control group, or one above it, has used up its CPU time (CFS bandwidth).
static __always_inline bool is_throttled(struct task_struct *task)
{
	if (!bpf_core_field_exists(struct cfs_rq, throttle_count))
		return false; // a kernel without CONFIG_CFS_BANDWIDTH
	return BPF_CORE_READ(task, se.cfs_rq, throttle_count) > 0;
}

static __always_inline void leave_cpu(struct task_struct *task, struct thread_state *state,
				      bool preempt, __u64 now_ns)
{
	settle(state, now_ns);
	report_pending_wait(state);
	if (preempt || task->__state == 0) {
		state->cause = CAUSE_RUN_QUEUE;
		state->throttled = is_throttled(task);
	} else {
		leave_for_wait(task, state, now_ns);
	}
}

// The ledger has been settled.
static __always_inline void note_wait_end(struct thread_state *state)
{
	state->wait_end_ns = state->since_ns;
	state->woken_on_cpu_ns = state->spent_ns[CAUSE_ON_CPU];
}

static __always_inline void return_to_cpu(struct task_struct *task, struct thread_state *state,
					  __u64 now_ns)
{
	if (state->throttled && now_ns > state->since_ns)
		state->throttled_ns += now_ns - state->since_ns;
	state->throttled = false;
	change_cause(state, CAUSE_ON_CPU, now_ns);
	if (state->between_tasks)
		return_to_task(task, state, now_ns);
	if (!state->wait_begin_ns || state->wait_pending)
		return;
	if (!state->wait_end_ns)
		note_wait_end(state);
	if (is_of_request(state) && (is_repeated(state) || is_long(state))) {
		if (state->returns_seen && python_layout_of(state->request.tgid)) {
			state->wait_pending = true;
			return;
		}
		report_wait(state);
	}
	state->wait_begin_ns = 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(ledger_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct thread_state *state = state_of(prev);

	if (state)
		leave_cpu(prev, state, preempt, bpf_ktime_get_ns());
	state = state_of(next);
	if (state)
		return_to_cpu(next, state, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(ledger_sched_wakeup, struct task_struct *task)
{
	struct thread_state *state = state_of(task);
	__u64 now_ns;

	// A thread that was woken before it had left its CPU goes on running.
	if (!state || !state->wait_begin_ns || state->wait_end_ns)
		return 0;
	now_ns = bpf_ktime_get_ns();
	change_cause(state, CAUSE_RUN_QUEUE, now_ns);
	state->throttled = is_throttled(task);
	note_wait_end(state);
	if (state->wait_cause == CAUSE_LOCK && is_long(state) && is_of_request(state))
		report_release(task, state);
	return 0;
}

// On its way back to user mode, a thread that has been off its CPU has its rseq area written. Until
// v6.18 after each time; later only when what is in it changed, which is of no use here.
SEC("tp_btf/rseq_update")
int BPF_PROG(ledger_rseq_update, struct task_struct *task)
{
	struct thread_state *state;

	if (!bpf_core_field_exists(task->rseq_event_mask))
		return 0;
	state = state_of(task);
	if (!state)
		return 0;
	state->returns_seen = true;
	report_pending_wait(state);
	return 0;
}
