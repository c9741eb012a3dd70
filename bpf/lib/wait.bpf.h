/* SPDX-License-Identifier: GPL-2.0-only */
//
// The record of a wait that was long enough, with the Python stack that led to it.
//
// The stack lies in the thread's memory, which can be read while the thread itself runs, and it
// must be read before the thread goes on with its program. sched_switch shows a thread that returns
// to its CPU before that CPU has its memory. So the record is left pending there and sent at the
// first of: the way back to user mode (rseq_update), the thread leaves its CPU again in the same
// system call, the record of its request is due.
//
// Where the way back to user mode is not seen, the stack is read at every block inside a request:
// see docs/design/kernel-side.md, "Python stacks".

#pragma once

#include "lib/python_stack.bpf.h"
#include "lib/records.bpf.h"
#include "lib/thread_state.bpf.h"

static __always_inline void send_python_stack(struct thread_state *state)
{
	struct python_stack_record *stack = &state->python_stack;
	__u32 count = stack->frames_count;

	if (!count || count > PYTHON_FRAMES)
		return;
	stack->kind = RECORD_PYTHON_STACK;
	stack->tgid = state->request.tgid;
	stack->tid = state->request.tid;
	stack->begin_ns = state->wait_begin_ns;
	if (!send_record(stack, __builtin_offsetof(struct python_stack_record, frames) +
					count * sizeof(struct python_frame)))
		count_loss(LOSS_PYTHON_STACK);
}

// A function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int report_wait(struct thread_state *state)
{
	struct wait_record record = {};

	if (!state)
		return 0;
	send_python_stack(state);

	record.kind = RECORD_WAIT;
	record.cause = state->wait_cause;
	record.tgid = state->request.tgid;
	record.tid = state->request.tid;
	record.sequence = state->request.sequence;
	record.begin_ns = state->wait_begin_ns;
	record.end_ns = state->wait_end_ns;
	record.syscall = state->wait_syscall;
	record.target = state->wait_target;
	if (!send_record(&record, sizeof(record)))
		count_loss(LOSS_WAIT);
	return 0;
}

// `state` must be the current thread's.
static __always_inline void report_pending_wait(struct thread_state *state)
{
	if (!state->wait_pending)
		return;
	state->wait_pending = false;
	walk_python_stack(state);
	report_wait(state);
	state->wait_begin_ns = 0;
}
