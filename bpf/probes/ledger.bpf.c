/* SPDX-License-Identifier: GPL-2.0-only */
//
// The thread ledger: where the time of watched threads goes.
//
//   sched_switch(prev, next)  prev leaves  -> run_queue when it could go on, else what it blocks on
//                             next returns -> on_cpu; a wait that was long enough leaves a record
//   sched_wakeup(task)        the wait is over -> run_queue until it runs
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
#include "lib/ledger.bpf.h"
#include "lib/loop.bpf.h"
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
			enter_loop_wait(state, blocking.syscall);
			blocking.cause = CAUSE_IDLE;
		}
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
}

static __always_inline void report_wait(struct thread_state *state, __u64 now_ns)
{
	__u64 end_ns = state->wait_end_ns ? state->wait_end_ns : now_ns;
	struct wait_record record = {};

	if (end_ns - state->wait_begin_ns < wait_threshold_ns || state->wait_cause == CAUSE_IDLE ||
	    !request_received(state))
		return;
	record.kind = RECORD_WAIT;
	record.cause = state->wait_cause;
	record.tgid = state->request.tgid;
	record.tid = state->request.tid;
	record.sequence = state->request.sequence;
	record.begin_ns = state->wait_begin_ns;
	record.end_ns = end_ns;
	record.syscall = state->wait_syscall;
	record.target = state->wait_target;
	record.flags = state->is_loop ? WAIT_INTERLEAVED | WAIT_HELD_LOOP : 0;
	if (!send_record(&record, sizeof(record)))
		count_loss(LOSS_WAIT);
}

static __always_inline void leave_cpu(struct task_struct *task, struct thread_state *state,
				      bool preempt, __u64 now_ns)
{
	settle(state, now_ns);
	if (preempt || task->__state == 0)
		state->cause = CAUSE_RUN_QUEUE;
	else
		leave_for_wait(task, state, now_ns);
}

static __always_inline void return_to_cpu(struct thread_state *state, __u64 now_ns)
{
	change_cause(state, CAUSE_ON_CPU, now_ns);
	if (state->wait_begin_ns) {
		report_wait(state, now_ns);
		state->wait_begin_ns = 0;
	}
}

SEC("tp_btf/sched_switch")
int BPF_PROG(ledger_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct thread_state *state = state_of(prev);

	if (state)
		leave_cpu(prev, state, preempt, bpf_ktime_get_ns());
	state = state_of(next);
	if (state)
		return_to_cpu(state, bpf_ktime_get_ns());
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
	state->wait_end_ns = state->since_ns;
	return 0;
}
