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

#include "lib/arch.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/records.bpf.h"
#include "lib/syscall_kind.bpf.h"
#include "lib/thread_state.bpf.h"

// Sends `stack`, which explains the wait of `state`.
static __always_inline void send_python_stack(struct python_stack_record *stack,
					      const struct thread_state *state, __u64 begin_ns,
					      enum python_stack_role role)
{
	__u32 count = stack->frames_count;

	if (!count || count > PYTHON_FRAMES)
		return;
	stack->kind = RECORD_PYTHON_STACK;
	stack->tgid = state->request.tgid;
	stack->tid = state->request.tid;
	stack->role = role;
	stack->begin_ns = begin_ns;
	if (!send_record(stack, __builtin_offsetof(struct python_stack_record, frames) +
					count * sizeof(struct python_frame)))
		count_loss(LOSS_PYTHON_STACK);
}

// A function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int report_wait(struct thread_state *state)
{
	__u64 question_bytes = 0;
	struct wait_record *wait;

	if (!state)
		return 0;
	send_python_stack(&state->python_stack, state, state->wait_begin_ns, PYTHON_STACK_WAITS);

	wait = &state->wait;
	if (state->wait_answers)
		question_bytes = state->question_bytes;
	if (question_bytes > WAIT_QUESTION_BYTES)
		question_bytes = WAIT_QUESTION_BYTES;
	wait->kind = RECORD_WAIT;
	wait->cause = state->wait_cause;
	wait->tgid = state->request.tgid;
	wait->tid = state->request.tid;
	wait->sequence = state->request.sequence;
	wait->begin_ns = state->wait_begin_ns;
	wait->end_ns = state->wait_end_ns;
	wait->syscall = state->wait_syscall;
	wait->target = state->wait_target;
	wait->socket_inode = state->wait_socket_inode;
	wait->flags = state->wait_flags;
	if (state->is_loop)
		wait->flags |= WAIT_INTERLEAVED | WAIT_HELD_LOOP;
	wait->asked_bytes = state->wait_answers ? state->asked_bytes : 0;
	wait->question_bytes = question_bytes;
	if (!send_record(wait, __builtin_offsetof(struct wait_record, question) + question_bytes))
		count_loss(LOSS_WAIT);
	return 0;
}

// `state` must be the current thread's.
static __always_inline void report_pending_wait(struct thread_state *state)
{
	if (!state->wait_pending)
		return;
	state->wait_pending = false;
	state->walking = true;
	walk_python_stack(&state->python_stack);
	report_wait(state);
	state->walking = false;
	state->wait_begin_ns = 0;
}

// `task`, whose state it is, had waited long for a lock and has just been woken: says who released
// it, where the current thread is that one. A wake-up may also be carried out by another CPU, on
// behalf of a thread that is not to be seen there.
static __always_inline void report_release(struct task_struct *task,
					   const struct thread_state *state)
{
	struct task_struct *waker = bpf_get_current_task_btf();
	struct thread_state *waker_state;
	struct syscall released = {};
	struct syscall awaited = {};

	if ((__u32)waker->tgid != state->request.tgid)
		return;
	waker_state = state_of(waker);
	if (!waker_state || waker_state->walking)
		return;
	read_syscall(waker, &released);
	read_syscall(task, &awaited);
	if (kind_of_syscall(released.nr) != SYSCALL_FUTEX || released.args[0] != awaited.args[0])
		return;
	// While a thread runs, its own stack is not in use, or has not been walked yet.
	walk_python_stack(&waker_state->python_stack);
	send_python_stack(&waker_state->python_stack, state, state->wait_begin_ns,
			  PYTHON_STACK_RELEASES);
	waker_state->python_stack.frames_count = 0;
}

// The thread of `state`, which is the current one, ran just now: as a wait for the processor that
// took as long as a sample stands for.
static __always_inline void report_sample(struct thread_state *state, __u64 begin_ns, __u64 end_ns)
{
	// The record without the question, for which a program's stack has no room, and state->wait
	// may just be filled by the program that this one interrupts.
	__u64 bytes[__builtin_offsetof(struct wait_record, question) / sizeof(__u64)] = {};
	struct wait_record *record = (struct wait_record *)bytes;

	walk_python_stack(&state->python_stack);
	if (!state->python_stack.frames_count)
		return;
	send_python_stack(&state->python_stack, state, begin_ns, PYTHON_STACK_WAITS);
	state->python_stack.frames_count = 0;
	record->kind = RECORD_WAIT;
	record->cause = CAUSE_ON_CPU;
	record->tgid = state->request.tgid;
	record->tid = state->request.tid;
	record->sequence = state->request.sequence;
	record->begin_ns = begin_ns;
	record->end_ns = end_ns;
	record->syscall = -1;
	record->target.target_kind = TARGET_SAMPLE;
	if (!send_record(record, sizeof(bytes)))
		count_loss(LOSS_WAIT);
}
