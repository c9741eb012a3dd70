/* SPDX-License-Identifier: GPL-2.0-only */
//
// Servers in which one thread receives all requests and hands each to another, which answers it:
// waitress.
//
// The receiving thread keeps what it receives here, by the connection's socket. Whose it is shows
// only when a thread sends the first bytes of the answer. Until then that thread has a task, which
// is all that a request is but its bytes: the task begins as the thread comes back from where it
// waits for one, or with the end of the answer before, and its waits carry its sequence already.
// With the first bytes sent the task becomes that request.
//
//   client_read   from accept, or the arrival of the first bytes, to that of the last
//   event_loop    from there until the thread took it up
//
// A thread waits for a task in few Python functions: the application is always further in.

#pragma once

#include "lib/arrival.bpf.h"
#include "lib/blocking.bpf.h"
#include "lib/boundary.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/request.bpf.h"
#include "lib/thread_state.bpf.h"

enum {
	TASK_SOCKET = 1, // of a task: no socket has that address
	// threading's own two and run(), the thread's loop, a condition's wait() and what that
	// calls. The application is called by the eighth or a later one.
	SHALLOW_FRAMES = 6,
	SHALLOW_STEPS = 12, // with the interpreter's own frames in between
};

// What has been received of a request.
struct handed_request {
	struct request_record request;
	struct connection connection;
	__u64 first_ns; // accept returned, or the first bytes arrived
	__u64 last_ns;  // the last bytes arrived
	__u16 port;     // the socket's own
	bool taken;     // a thread has begun to answer
};

// Accepted socket's address -> the latest request on it. Written as bytes are received; the oldest
// make room, and are then not counted when they are answered.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, struct handed_request);
	__uint(max_entries, 4096);
} handed_requests __weak SEC(".maps");

// tgid -> how many requests have been received and not been begun to be answered.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, __s64);
	__uint(max_entries, 1024);
} waiting_requests __weak SEC(".maps");

static __always_inline void count_waiting(__u32 tgid, __s64 more)
{
	__s64 *count = bpf_map_lookup_elem(&waiting_requests, &tgid);

	if (count)
		__sync_fetch_and_add(count, more);
	else if (more > 0)
		bpf_map_update_elem(&waiting_requests, &tgid, &more, BPF_ANY);
}

static __always_inline bool has_waiting(__u32 tgid)
{
	__s64 *count = bpf_map_lookup_elem(&waiting_requests, &tgid);

	return count && *count > 0;
}

static __always_inline bool has_task(const struct thread_state *state)
{
	return state->request_socket == TASK_SOCKET;
}

// A task of the thread begins now.
static __always_inline void begin_task(struct task_struct *task, struct thread_state *state,
				       __u64 now_ns)
{
	struct connection none = {};

	begin_request(task, state, TASK_SOCKET, 0, &none, now_ns);
	state->request.received_bytes = 1; // it is a request, of which nothing is known
}

// The thread, which waited for a task, runs again.
static __always_inline void return_to_task(struct task_struct *task, struct thread_state *state,
					   __u64 now_ns)
{
	state->between_tasks = false;
	begin_task(task, state, now_ns);
	if (state->wait_end_ns && state->wait_end_ns < now_ns) {
		state->begin_spent_ns[CAUSE_RUN_QUEUE] -= now_ns - state->wait_end_ns;
		state->request.begin_ns = state->wait_end_ns;
	}
}

// The thread goes on to another task without having waited for it: that began as the answer before
// ended.
static __always_inline void begin_next_task(struct task_struct *task, struct thread_state *state,
					    __u64 now_ns)
{
	__u64 end_ns = state->request.end_ns;

	for (int i = 0; i < CAUSE_COUNT; i++)
		state->loop.cut_spent_ns[i] = state->begin_spent_ns[i] + state->request.spent_ns[i];
	end_request(task, state, now_ns, 0);
	begin_task(task, state, now_ns);
	__builtin_memcpy(state->begin_spent_ns, state->loop.cut_spent_ns,
			 sizeof(state->begin_spent_ns));
	state->request.begin_ns = end_ns;
}

// Whether the current thread is in so few Python functions that it must be waiting for a task.
// Where nothing is known of its interpreter, every lock is taken for that.
static __always_inline bool is_shallow(struct task_struct *task)
{
	struct python_layout *layout = python_layout_of(task->tgid);
	__u64 thread = layout ? python_thread_of(layout, task) : 0;
	__u64 frame;
	int count = 0;

	if (!layout || !thread)
		return true;
	frame = innermost_frame(layout, thread);
	for (int i = 0; i < SHALLOW_STEPS && frame; i++) {
		if (!is_foreign(layout, frame))
			count++;
		frame = user_word(frame + layout->frame_previous);
	}
	return !frame && count <= SHALLOW_FRAMES;
}

// A thread of such a server blocks. A function of its own for the verifier: see classify().
// Returns 0.
__weak __noinline int leave_task(struct thread_state *state, struct blocking *blocking)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 now_ns = bpf_ktime_get_ns();

	if (!state || !blocking)
		return 0;
	if (state->receives) {
		end_request(task, state, now_ns, 0);
		return 0;
	}
	if (blocking->cause == CAUSE_LOCK && is_shallow(task)) {
		if (!has_task(state))
			end_request(task, state, now_ns, 0);
		state->request_socket = 0;
		state->between_tasks = true;
	} else if (state->request_socket && state->request.sent_bytes &&
		   blocking->cause != CAUSE_GIL) {
		if (has_waiting(task->tgid))
			begin_next_task(task, state, now_ns);
		else
			report_request(state);
	}
	return 0;
}

// Another connection has this address now.
static __always_inline void forget_handed(struct task_struct *task, __u64 socket)
{
	struct handed_request *handed = bpf_map_lookup_elem(&handed_requests, &socket);

	if (!handed)
		return;
	if (!handed->taken)
		count_waiting(task->tgid, -1);
	bpf_map_delete_elem(&handed_requests, &socket);
}

// Keeps the request that the receiving thread has in its state for the thread that will answer.
static __always_inline void keep_handed(struct task_struct *task, struct thread_state *state,
					__u64 socket, struct handed_request *handed,
					__u64 arrived_ns)
{
	static const struct handed_request nothing;
	bool is_new = !handed || handed->taken || handed->port != state->request_port;

	if (!handed) {
		bpf_map_update_elem(&handed_requests, &socket, &nothing, BPF_ANY);
		handed = bpf_map_lookup_elem(&handed_requests, &socket);
	}
	if (!handed) {
		count_loss(LOSS_REQUEST);
		return;
	}
	if (is_new) {
		count_waiting(task->tgid, 1);
		handed->first_ns =
			state->request.flags & REQUEST_FIRST && state->connection.accepted_ns
				? state->connection.accepted_ns
				: arrived_ns;
	}
	bpf_probe_read_kernel(&handed->request, sizeof(handed->request), &state->request);
	handed->connection = state->connection;
	handed->last_ns = arrived_ns > handed->first_ns ? arrived_ns : handed->first_ns;
	handed->port = state->request_port;
	handed->taken = false;
}

// The thread has received bytes: on a connection that it accepted, or in its task from a peer. A
// function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int receive_for_another(struct thread_state *state, __u64 socket, __u32 port,
					  int received_bytes)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk = (struct sock *)socket;
	struct handed_request *handed;
	struct syscall syscall = {};

	if (!state || received_bytes <= 0)
		return 0;
	read_syscall(task, &syscall);
	if (!is_server_end(sk)) {
		receive(task, state, sk, port, &syscall, received_bytes);
		return 0;
	}
	if (!has_task(state))
		end_request(task, state, bpf_ktime_get_ns(), 0);
	state->request_socket = 0;
	state->receives = true;
	handed = bpf_map_lookup_elem(&handed_requests, &socket);
	if (handed && !handed->taken && handed->port == port) {
		bpf_probe_read_kernel(&state->request, sizeof(state->request), &handed->request);
		state->connection = handed->connection;
		state->connection_saved = true;
		state->request_socket = socket;
		state->request_port = port;
	}
	receive(task, state, sk, port, &syscall, received_bytes);
	if (state->request_socket)
		keep_handed(task, state, socket, handed,
			    arrival_on(sk, false, bpf_ktime_get_ns()).ns);
	state->request_socket = 0;
	return 0;
}

// What the thread did before the request had come is no part of it: the end of what it answered
// before, which is time on the CPU first of all.
static __always_inline void leave_out(struct thread_state *state, __u64 excess_ns)
{
	__u64 spent_ns;

	for (int i = 0; i < CAUSE_COUNT; i++) {
		spent_ns = state->spent_ns[i] - state->begin_spent_ns[i];
		if (spent_ns > excess_ns)
			spent_ns = excess_ns;
		state->begin_spent_ns[i] += spent_ns;
		excess_ns -= spent_ns;
	}
	// The clocks of two CPUs differ.
	state->begin_spent_ns[CAUSE_EVENT_LOOP] += excess_ns;
}

// The thread is about to send to the client that is on `socket`: if another one has received a
// request there, its task is to answer that. A function of its own for the verifier: see
// classify(). Returns 0.
__weak __noinline int take_handed(struct thread_state *state, __u64 socket, __u32 port)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct handed_request *handed = bpf_map_lookup_elem(&handed_requests, &socket);
	__u64 now_ns = bpf_ktime_get_ns();
	struct request_record *request;
	__u64 begin_ns;

	if (!state || !handed || handed->taken || handed->port != port)
		return 0;
	request = &state->request;
	settle(state, now_ns);
	// Whoever answers does not wait for a task, though it may not have been seen to come back.
	state->between_tasks = false;
	if (!state->request_socket)
		begin_task(task, state, now_ns);
	else if (!has_task(state) || request->sent_bytes)
		begin_next_task(task, state, now_ns);
	begin_ns = request->begin_ns;

	state->request_socket = socket;
	state->request_port = port;
	state->connection = handed->connection;
	state->connection_saved = true;
	state->unreported = true;
	request->flags = handed->request.flags;
	request->connection = handed->request.connection;
	request->accept_queue_ns = handed->request.accept_queue_ns;
	request->received_bytes = handed->request.received_bytes;
	request->head_bytes = handed->request.head_bytes;
	bpf_probe_read_kernel(request->head, sizeof(request->head), handed->request.head);
	request->begin_ns = handed->first_ns;
	state->begin_spent_ns[CAUSE_CLIENT_READ] -= handed->last_ns - handed->first_ns;
	if (begin_ns >= handed->last_ns)
		state->begin_spent_ns[CAUSE_EVENT_LOOP] -= begin_ns - handed->last_ns;
	else
		leave_out(state, handed->last_ns - begin_ns);
	handed->taken = true;
	count_waiting(task->tgid, -1);
	return 0;
}

// The two where the verifier knows `sk` for a pointer, which it does not let pass as a number.
static __always_inline void hand_over(struct thread_state *state, struct sock *sk,
				      int received_bytes)
{
	__u64 socket = 0;

	bpf_probe_read_kernel(&socket, sizeof(socket), &sk);
	receive_for_another(state, socket, sk->__sk_common.skc_num, received_bytes);
}

static __always_inline void take_over(struct thread_state *state, struct sock *sk)
{
	__u64 socket = 0;

	bpf_probe_read_kernel(&socket, sizeof(socket), &sk);
	take_handed(state, socket, sk->__sk_common.skc_num);
}

// accept returned.
static __always_inline void accept_for_others(struct task_struct *task, struct thread_state *state,
					      struct sock *sk, const struct connection *connection,
					      __u64 now_ns)
{
	if (!has_task(state))
		end_request(task, state, now_ns, 0);
	state->request_socket = 0;
	state->receives = true;
	forget_handed(task, (__u64)sk);
	remember_connection((__u64)sk, connection);
}
