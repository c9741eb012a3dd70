/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which request a greenlet works for, where its sockets do not tell: it has opened a connection or
// blocks the thread after it came back from something that was no socket.
//
// A greenlet is known by its outermost Python frame: that stays where it is for as long as the
// greenlet lives. One that has received a request's first bytes works for that request until it
// receives another. Processes whose interpreter is not known have no such entries, and neither has
// asyncio, whose tasks all run inside of the loop's own frames.

#pragma once

#include "lib/loop_state.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/thread_state.bpf.h"

enum {
	TASK_FRAMES = 128, // deeper ones are not told apart
};

struct task_key {
	__u64 frame;
	__u32 tid;
	__u32 unused;
};

// Greenlet -> the request it received last. Written when a loop receives one; the oldest make room,
// and what is lost is found by sockets alone.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct task_key);
	__type(value, struct socket_use);
	__uint(max_entries, 8192);
} task_requests __weak SEC(".maps");

// The outermost frame of what the current thread runs; 0 when it is not known. A function of its
// own for the verifier: see classify().
__weak __noinline __u64 outermost_frame(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_layout *layout = python_layout_of(task->tgid);
	__u64 thread = layout ? python_thread_of(layout, task) : 0;
	__u64 frame = thread ? innermost_frame(layout, thread) : 0;
	__u64 previous;

	for (int i = 0; i < TASK_FRAMES && frame; i++) {
		previous = layout ? user_word(frame + layout->frame_previous) : 0;
		if (!previous)
			return frame;
		frame = previous;
	}
	return 0;
}

static __always_inline void bind_task(const struct thread_state *state)
{
	struct task_key key = {
		.frame = outermost_frame(),
		.tid = state->request.tid,
	};
	struct socket_use use = {
		.socket = state->request_socket,
		.sequence = state->request.sequence,
	};

	if (key.frame && key.frame != state->loop.loop_frame)
		bpf_map_update_elem(&task_requests, &key, &use, BPF_ANY);
}

// The socket of the request that the running greenlet received; 0 when that is not known, or no
// longer that connection's latest.
static __always_inline __u64 request_of_task(const struct thread_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_key key = {
		.frame = outermost_frame(),
		.tid = task->pid, // the kernel's "pid" is one thread
	};
	struct socket_use *use = NULL;
	struct parked_request *parked;
	__u64 socket;

	if (key.frame && key.frame != state->loop.loop_frame)
		use = bpf_map_lookup_elem(&task_requests, &key);
	if (!use)
		return 0;
	socket = use->socket;
	if (socket == state->request_socket)
		return state->request.sequence == use->sequence ? socket : 0;
	parked = bpf_map_lookup_elem(&parked_requests, &socket);
	return parked && parked->request.sequence == use->sequence ? socket : 0;
}
