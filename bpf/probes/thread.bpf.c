/* SPDX-License-Identifier: GPL-2.0-only */
//
// Every thread of the watched workers, as it is now: read through an iterator's file, once to give
// a ledger to threads that were there before the agent, later to see what each of them is doing.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/arch.bpf.h"
#include "lib/request.bpf.h"
#include "lib/syscall_kind.bpf.h"
#include "lib/thread_state.bpf.h"
#include "lib/watched.bpf.h"
#include "wire/thread_record.h"

// What a thread that was never seen to switch is taken to be doing.
static __always_inline enum cause first_cause(struct task_struct *task)
{
	return task->__state == 0 ? CAUSE_ON_CPU : CAUSE_IDLE;
}

// The end of a record.
struct thread_place {
	__u64 thread_pointer;
	__u64 lock_address;
};

enum {
	FUTEX_PRIVATE_FLAG = 128, // include/uapi/linux/futex.h
};

// Returns the flags that say more of it.
static __always_inline __u32 find_lock(struct task_struct *task, const struct thread_state *state,
				       struct thread_place *place)
{
	struct syscall syscall = {};

	if (state->cause != CAUSE_LOCK)
		return 0;
	read_syscall(task, &syscall);
	if (kind_of_syscall(syscall.nr) != SYSCALL_FUTEX)
		return 0;
	place->lock_address = syscall.args[0];
	return syscall.args[1] & FUTEX_PRIVATE_FLAG ? 0 : THREAD_LOCK_SHARED;
}

SEC("iter/task")
int thread_iterate(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	// The record but for its end, for which a program's stack has no room.
	__u64 bytes[__builtin_offsetof(struct thread_record, head) / sizeof(__u64)] = {};
	struct thread_record *record = (struct thread_record *)bytes;
	struct thread_place place = {};
	struct thread_state *state;
	enum watched_role role;

	if (!task)
		return 0;
	role = role_of(task->tgid);
	if (!is_worker(role))
		return 0;
	state = watch_thread(task, first_cause(task), role, bpf_ktime_get_ns());
	if (!state)
		return 0;

	record->tgid = task->tgid;
	record->tid = task->pid;
	record->cause = state->cause;
	record->born_ns = state->born_ns;
	record->since_ns = state->since_ns;
	__builtin_memcpy(record->spent_ns, state->spent_ns, sizeof(record->spent_ns));
	if (request_received(state)) {
		record->flags = THREAD_REQUEST_OPEN |
				(state->request.sent_bytes ? THREAD_RESPONSE_BEGUN : 0) |
				(state->request.flags & REQUEST_UWSGI ? THREAD_UWSGI : 0) |
				(is_closed(state->request_socket) ? THREAD_CONNECTION_CLOSED : 0);
		record->sequence = state->request.sequence;
		record->request_begin_ns = state->request.begin_ns;
		record->head_bytes = state->request.head_bytes;
		if (!state->request.sent_bytes && !state->is_loop)
			record->asked_count = state->asked_count;
	}
	place.thread_pointer = task->thread.fsbase;
	record->flags |= find_lock(task, state, &place);
	bpf_seq_write(ctx->meta->seq, bytes, sizeof(bytes));
	bpf_seq_write(ctx->meta->seq, state->request.head, sizeof(state->request.head));
	bpf_seq_write(ctx->meta->seq, state->asked, sizeof(state->asked));
	bpf_seq_write(ctx->meta->seq, &place, sizeof(place));
	return 0;
}
