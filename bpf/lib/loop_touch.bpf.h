/* SPDX-License-Identifier: GPL-2.0-only */
//
// What an event loop's sockets tell of whose turn it is.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/loop.bpf.h"
#include "lib/peer.bpf.h"
#include "lib/syscall_kind.bpf.h"

enum {
	EAGAIN = 11,
	EINPROGRESS = 115,
	SOCK_NOSPACE = 2, // a bit of a socket's flags
};

static __always_inline void expect_client(struct thread_state *state, __u64 socket,
					  enum syscall_kind kind)
{
	struct task_wait wait = {
		.socket = socket,
		.cause = kind == SYSCALL_SEND ? CAUSE_CLIENT_WRITE : CAUSE_CLIENT_READ,
	};

	state->loop.wait = wait;
}

static __always_inline void expect_peer(struct thread_state *state, __u64 socket)
{
	struct task_wait wait = { .socket = socket };

	read_peer((struct sock *)socket, &wait.target);
	wait.cause = peer_of(&wait.target).cause;
	state->loop.wait = wait;
}

// asyncio receives when there is something to be received, and no event before tells that a task
// waits for that. It did if it waited for no other socket.
static __always_inline void waited_for_peer(struct parked_request *parked, __u64 socket)
{
	read_peer((struct sock *)socket, &parked->wait.target);
	know_wait(parked, peer_of(&parked->wait.target).cause);
}

static __always_inline bool would_block(int result)
{
	return result == -EAGAIN || result == -EINPROGRESS;
}

// Who uses an outgoing socket: whoever waited for it, or used it last in the same turn; else the
// greenlet that runs; where that is not known, whose turn it is (a pool may have handed the socket
// on), else who used it last, else the only one there is.
static __always_inline void touch_outgoing(struct thread_state *state, __u64 socket, int result,
					   enum syscall_kind kind)
{
	struct socket_use *known = bpf_map_lookup_elem(&socket_uses, &socket);
	struct socket_use use = {};
	struct parked_request *parked = NULL;
	__u64 running;

	if (known)
		use = *known;
	if (use.socket && use.socket != state->request_socket)
		parked = bpf_map_lookup_elem(&parked_requests, &use.socket);
	if (parked && parked->request.sequence != use.sequence)
		parked = NULL;

	if (parked && !parked->wait.socket && kind == SYSCALL_RECEIVE && result > 0 &&
	    state->loop.has_tasks)
		waited_for_peer(parked, socket);
	if (parked && parked->wait.socket == socket)
		turn_to(state, use.socket, !would_block(result));
	else if (use.socket && use.socket == state->request_socket)
		; // as before
	else if ((running = request_of_task(state)))
		turn_to(state, running, false);
	else if (parked && (kind == SYSCALL_RECEIVE || !state->request_socket))
		turn_to(state, use.socket, false);
	else if (!state->request_socket)
		turn_to(state, only_open_request(state), false);

	if (!state->request_socket)
		return;
	if (use.socket != state->request_socket || use.sequence != state->request.sequence) {
		use.socket = state->request_socket;
		use.sequence = state->request.sequence;
		bpf_map_update_elem(&socket_uses, &socket, &use, BPF_ANY);
	}
	// What was sent may be a question.
	if (would_block(result) || (kind == SYSCALL_SEND && result > 0))
		expect_peer(state, socket);
	else
		expect_no_socket(state);
	cut(state);
	if (would_block(result))
		park_request(state);
}

// The first sight of a connection that has no request yet.
static __always_inline void meet_connection(struct task_struct *task, struct thread_state *state,
					    struct sock *sk, __u16 port, __u64 now_ns)
{
	struct connection *connection = connection_of(sk);

	if (!connection)
		connection = take_up_connection(sk);
	if (!connection)
		return;
	begin_request(task, state, (__u64)sk, port, connection, now_ns);
	state->connection_saved = true;
}

// A send that moved less than it was asked to leaves this mark until there is room again. asyncio
// does not try a second time before that.
static __always_inline bool lacks_room(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, flags) & 1UL << SOCK_NOSPACE;
}

static __always_inline void touch_accepted(struct task_struct *task, struct thread_state *state,
					   __u64 socket, int result, enum syscall_kind kind,
					   __u64 now_ns)
{
	expect_no_socket(state);
	if (result > 0) {
		if (kind == SYSCALL_SEND && lacks_room((struct sock *)socket))
			expect_client(state, socket, kind);
		return;
	}
	// Tornado receives until there is no more, whatever the task then waits for.
	if (would_block(result) && kind == SYSCALL_RECEIVE && state->loop.has_tasks)
		return;
	if (would_block(result)) {
		expect_client(state, socket, kind);
		end_turn(state);
	} else if ((result < 0 || kind == SYSCALL_RECEIVE) && request_received(state) &&
		   !state->request.sent_bytes) {
		// The client has gone, or has closed its end before its request was whole.
		end_request(task, state, now_ns, 0);
		count_open(state);
		cut(state);
	}
}

// A loop's thread has received from or sent to `socket`, or tried to: `result` is what the call
// returns. Makes the request that it was done for the thread's. Returns whether bytes were moved
// that lib/boundary.bpf.h must know of; touched() follows then.
//
// A function of its own for the verifier: see classify().
__weak __noinline int touch(struct thread_state *state, __u64 socket, __u32 port, int result,
			    int kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk = (struct sock *)socket;
	__u64 now_ns = bpf_ktime_get_ns();
	struct parked_request *parked = NULL;

	if (!state)
		return 0;
	report_pending_wait(state); // of a call that has blocked first
	settle(state, now_ns);
	meet_task(state, false);
	if (!is_own(state, sk, port)) {
		parked = bpf_map_lookup_elem(&parked_requests, &socket);
		if (parked && parked->port == port) {
			if (!parked->wait.socket && kind == SYSCALL_RECEIVE && result > 0 &&
			    !parked->request.sent_bytes && state->loop.has_tasks)
				know_wait(parked, CAUSE_CLIENT_READ);
			turn_to(state, socket,
				parked->wait.socket == socket ||
					(kind == SYSCALL_RECEIVE && result > 0));
		} else if (!is_server_end(sk)) {
			touch_outgoing(state, socket, result, kind);
			return result > 0;
		} else {
			end_turn(state);
			if (kind != SYSCALL_RECEIVE) {
				// Its request had to make room.
				if (result > 0 && connection_of(sk))
					count_loss(LOSS_CONNECTION);
				return 0;
			}
			if (result <= 0)
				meet_connection(task, state, sk, port, now_ns);
		}
	}
	touch_accepted(task, state, socket, result, kind, now_ns);
	return result > 0;
}

// The same where the verifier knows `sk` for a pointer, which it does not let pass as a number.
static __always_inline int touch_sock(struct thread_state *state, struct sock *sk, int result,
				      enum syscall_kind kind)
{
	__u64 socket = 0;

	bpf_probe_read_kernel(&socket, sizeof(socket), &sk);
	return touch(state, socket, sk->__sk_common.skc_num, result, kind);
}

// `received` is the socket that bytes came from; NULL when they were sent.
static __always_inline void touched(struct thread_state *state, struct sock *received)
{
	bool first = !state->loop.counted_socket;

	if (!state->request_socket)
		return;
	state->request.flags |= REQUEST_INTERLEAVED;
	count_open(state);
	if (state->loop.counted_socket && state->request_socket == (__u64)received)
		expect_task(state, first);
	cut(state);
}

// accept returned. Who called it is the loop, or a task that does nothing else.
static __always_inline void loop_accepted(struct task_struct *task, struct thread_state *state,
					  struct sock *sk, const struct connection *connection,
					  __u64 now_ns)
{
	settle(state, now_ns);
	end_turn(state);
	forget_socket(task, state, (__u64)sk);
	remember_connection((__u64)sk, connection);
}
