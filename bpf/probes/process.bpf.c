/* SPDX-License-Identifier: GPL-2.0-only */
//
// Processes of watched servers: follows what a master forks and what a worker starts as threads,
// and tells userspace who came and went.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/end_signal.bpf.h"
#include "lib/loop.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/records.bpf.h"
#include "lib/request.bpf.h"
#include "lib/thread_state.bpf.h"
#include "lib/watched.bpf.h"
#include "wire/process_record.h"

static __always_inline void send_event(struct process_record *record)
{
	if (!send_record(record, sizeof(*record)))
		count_loss(LOSS_PROCESS);
}

static __always_inline void tell(enum process_event event, struct task_struct *task,
				 __u32 parent_tgid)
{
	struct process_record record = {
		.kind = RECORD_PROCESS,
		.event = event,
		.tgid = task->tgid,
		.parent_tgid = parent_tgid,
		.time_ns = bpf_ktime_get_ns(),
	};

	send_event(&record);
}

static __always_inline void tell_exit(struct task_struct *task)
{
	struct process_record record = {
		.kind = RECORD_PROCESS,
		.event = PROCESS_EXITED,
		.tgid = task->tgid,
		.parent_tgid = task->real_parent->tgid,
		.time_ns = bpf_ktime_get_ns(),
		.wait_status = task->exit_code,
	};
	struct end_signal *end = bpf_map_lookup_elem(&end_signals, &record.tgid);

	if (end) {
		record.signal = end->signal;
		record.sender_tgid = end->sender_tgid;
		record.out_of_memory = end->out_of_memory;
		bpf_map_delete_elem(&end_signals, &record.tgid);
	}
	send_event(&record);
}

// A forked interpreter's memory is laid out as its parent's.
static __always_inline void inherit_python_layout(__u32 parent_tgid, __u32 tgid)
{
	struct python_layout *layout = python_layout_of(parent_tgid);

	if (layout && bpf_map_update_elem(&python_layouts, &tgid, layout, BPF_ANY))
		count_loss(LOSS_PYTHON_LAYOUT);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	enum watched_role role = role_of(parent->tgid);
	struct thread_state *state = state_of(parent);
	__u8 child_role = role_of_child(role);
	__u32 tgid = child->tgid;

	if (child->tgid == parent->tgid) {
		// The new thread may be there for the connection that this one has just accepted.
		if (state)
			save_connection(state);
		if (is_worker(role))
			watch_thread(child, CAUSE_RUN_QUEUE, role, bpf_ktime_get_ns());
		return 0;
	}
	if (child_role == WATCHED_NOT)
		return 0;
	if (bpf_map_update_elem(&watched_processes, &tgid, &child_role, BPF_ANY)) {
		count_loss(LOSS_WATCHED_PROCESS);
		return 0;
	}
	inherit_python_layout(parent->tgid, tgid);
	watch_thread(child, CAUSE_RUN_QUEUE, role, bpf_ktime_get_ns());
	tell(PROCESS_STARTED, child, parent->tgid);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_sched_process_exec, struct task_struct *task)
{
	struct thread_state *state = state_of(task);
	__u32 tgid = task->tgid;

	if (state)
		state->returns_seen = false; // the new program may have no rseq area
	if (role_of(tgid) == WATCHED_NOT)
		return 0;
	bpf_map_delete_elem(&python_layouts, &tgid);
	tell(PROCESS_EXECUTED, task, task->real_parent->tgid);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_sched_process_exit, struct task_struct *task)
{
	struct thread_state *state = state_of(task);
	__u32 tgid = task->tgid;

	if (state)
		end_request(task, state, bpf_ktime_get_ns(),
			    state->request.sent_bytes ? 0 : REQUEST_THREAD_DIED);
	if (state && state->is_loop)
		end_parked_of(task->pid);
	if (task->pid != task->tgid || role_of(tgid) == WATCHED_NOT)
		return 0;
	tell_exit(task);
	bpf_map_delete_elem(&watched_processes, &tgid);
	bpf_map_delete_elem(&python_layouts, &tgid);
	return 0;
}
