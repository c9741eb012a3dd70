/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which request a greenlet or an asyncio task works for, where its sockets do not tell: it has
// opened a connection or blocks the thread after it came back from something that was no socket.
//
// A greenlet is known by its outermost Python frame: that stays where it is for as long as the
// greenlet lives. One that has received a request's first bytes works for that request until it
// receives another.
//
// An asyncio task is known by the context (contextvars) that each of its steps is run in, its own.
// It does not receive: the loop does, in another context, and then puts a step of the task into its
// queue of handles. So the next handle in that queue tells whose task it is.
//
// Processes whose interpreter is not known have no such entries.

#pragma once

#include "lib/loop_state.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/thread_state.bpf.h"

enum {
	TASK_FRAMES = 128, // deeper ones are not told apart
	// collections.deque, from 3.8 to 3.14.
	DEQUE_RIGHT_BLOCK = 32,
	DEQUE_RIGHT_INDEX = 48,
	DEQUE_BLOCK_ITEMS = 64, // behind a link to the left, in front of one to the right
};

struct task_key {
	__u64 address; // of the outermost frame, or the context
	__u32 tid;
	__u32 unused;
};

// Greenlet or task -> the request that it works for. Written when a loop receives one; the oldest
// make room, and what is lost is found by sockets alone.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct task_key);
	__type(value, struct socket_use);
	__uint(max_entries, 8192);
} task_requests __weak SEC(".maps");

static __always_inline __u64 outermost_frame(const struct python_layout *layout, __u64 thread)
{
	__u64 frame = innermost_frame(layout, thread);
	__u64 previous;

	for (int i = 0; i < TASK_FRAMES && frame; i++) {
		previous = user_word(frame + layout->frame_previous);
		if (!previous)
			return frame;
		frame = previous;
	}
	return 0;
}

// What tells the greenlet or task that runs on the current thread from others; 0 when that is not
// known. A function of its own for the verifier: see classify().
__weak __noinline __u64 running_task(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_layout *layout = python_layout_of(task->tgid);
	__u64 thread = layout ? python_thread_of(layout, task) : 0;

	if (!layout || !thread)
		return 0;
	if (layout->ready_queue_address)
		return user_word(thread + layout->tstate_context);
	return outermost_frame(layout, thread);
}

// The socket of the request that `use` tells of, if it still is its connection's latest; else 0.
static __always_inline __u64 open_socket_of(const struct thread_state *state,
					    const struct socket_use *use, bool without_response)
{
	__u64 socket = use->socket;
	const struct request_record *request = &state->request;
	struct parked_request *parked;

	if (socket != state->request_socket) {
		parked = bpf_map_lookup_elem(&parked_requests, &socket);
		if (!parked)
			return 0;
		request = &parked->request;
	}
	if (request->sequence != use->sequence || (without_response && request->sent_bytes))
		return 0;
	return socket;
}

// The task known by `address` works for a request. Unless it does so for another one already, which
// has no response yet: then it was not there for these bytes.
static __always_inline void bind_task_to(const struct thread_state *state, __u64 address,
					 const struct socket_use *use)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_key key = {
		.address = address,
		.tid = task->pid, // the kernel's "pid" is one thread
	};
	struct socket_use *before = bpf_map_lookup_elem(&task_requests, &key);

	if (before && before->socket != use->socket && open_socket_of(state, before, true))
		return;
	bpf_map_update_elem(&task_requests, &key, use, BPF_ANY);
}

// The thread's request has received bytes: who is going to work for it? A greenlet does so itself
// and is known from the `first` of them on.
static __always_inline void expect_task(struct thread_state *state, bool first)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_layout *layout = python_layout_of(task->tgid);
	struct expected_task *expected = &state->loop.expected;
	struct socket_use use = {
		.socket = state->request_socket,
		.sequence = state->request.sequence,
	};
	__u64 running;

	if (!layout)
		return;
	state->loop.has_tasks = layout->ready_queue_address != 0;
	if (state->loop.has_tasks) {
		expected->socket = use.socket;
		expected->sequence = use.sequence;
		expected->block = user_word(layout->ready_queue_address + DEQUE_RIGHT_BLOCK);
		expected->index = user_word(layout->ready_queue_address + DEQUE_RIGHT_INDEX);
		return;
	}
	running = first ? running_task() : 0;
	if (running && running != state->loop.loop_frame)
		bind_task_to(state, running, &use);
}

// A handle that was put into the queue behind what was its end then; 0 when none was.
static __always_inline __u64 handle_behind(const struct python_layout *layout,
					   const struct expected_task *end)
{
	__u64 block = user_word(layout->ready_queue_address + DEQUE_RIGHT_BLOCK);
	__u64 index = user_word(layout->ready_queue_address + DEQUE_RIGHT_INDEX);
	__u64 next = end->index + 1;

	if (block == end->block && index == end->index)
		return 0;
	block = end->block;
	if (next >= DEQUE_BLOCK_ITEMS) {
		block = user_word(block + sizeof(__u64) * (1 + DEQUE_BLOCK_ITEMS));
		next = 0;
	}
	return user_word(block + sizeof(__u64) * (1 + next));
}

// The first event after a request received bytes, when the handle that they led to has not been run
// yet. `last` says that this is the last that comes before. A function of its own for the verifier:
// see classify(). Returns 0.
__weak __noinline int meet_expected_task(struct thread_state *state, int last)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_layout *layout = python_layout_of(task->tgid);
	struct socket_use use = {};
	__u64 handle, context;

	if (!state || !layout)
		return 0;
	use.socket = state->loop.expected.socket;
	use.sequence = state->loop.expected.sequence;
	handle = handle_behind(layout, &state->loop.expected);
	if (handle || last)
		state->loop.expected.socket = 0;
	context = handle ? user_word(handle + layout->handle_context) : 0;
	if (context)
		bind_task_to(state, context, &use);
	return 0;
}

static __always_inline void meet_task(struct thread_state *state, bool last)
{
	if (state->loop.expected.socket)
		meet_expected_task(state, last);
}

// The socket of the request that the running greenlet or task works for; 0 when that is not known,
// or no longer that connection's latest.
static __always_inline __u64 request_of_task(const struct thread_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_key key = {
		.address = running_task(),
		.tid = task->pid, // the kernel's "pid" is one thread
	};
	struct socket_use *use = NULL;

	if (key.address && key.address != state->loop.loop_frame)
		use = bpf_map_lookup_elem(&task_requests, &key);
	return use ? open_socket_of(state, use, false) : 0;
}
