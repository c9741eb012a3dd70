/* SPDX-License-Identifier: GPL-2.0-only */
//
// How long a request had been there when a thread took it up: from the arrival of its bytes.
//
// The socket itself holds that moment, so no probe has to wait for it. Of a connection's very first
// bytes rcv_rtt_est.time is it: tcp_rcv_rtt_measure() notes it as they come, and again when a whole
// window has been received, which needs someone to read first (net/ipv4/tcp_input.c, since v4.13).
// Of later ones it is there twice. tcp_mstamp is the time of the latest segment, in microseconds of
// bpf_ktime_get_ns()'s clock; but the delayed acknowledgement of bytes that lie unread, after 40
// ms, sets it anew, and so does receiving them: always until v6.16 (tcp_rcv_space_adjust()), since
// then where it sends an acknowledgement (__tcp_cleanup_rbuf()). icsk_ack.lrcvtime is that of the
// latest segment with bytes, and stays, but counts the clock's ticks. So the first is believed as
// far as the second bears it out.

#pragma once

#include "lib/connection.bpf.h"
#include "lib/request.bpf.h"

// Length of one tick. Set before load.
const volatile __u64 tick_ns __weak = 4000000;

struct arrival {
	__u64 ns;
	__u64 error_ns; // may be as much later or earlier
};

// Of the latest bytes that have been received on `sk`, or `first` that ever were; `now_ns` where
// that is not known, as on a unix socket.
static __always_inline struct arrival arrival_on(struct sock *sk, bool first, __u64 now_ns)
{
	struct arrival arrival = { .ns = now_ns };
	__u64 stamp_ns;
	__u64 ticks_ns;

	if (!is_tcp(sk))
		return arrival;
	if (first) {
		stamp_ns = BPF_CORE_READ((struct tcp_sock *)sk, rcv_rtt_est.time) * 1000;
		if (stamp_ns && stamp_ns <= now_ns) {
			arrival.ns = stamp_ns;
			return arrival;
		}
	}
	stamp_ns = BPF_CORE_READ((struct tcp_sock *)sk, tcp_mstamp) * 1000;
	ticks_ns = (__u32)((__u32)bpf_jiffies64() -
			   BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ack.lrcvtime)) *
		   tick_ns;
	if (stamp_ns > now_ns || ticks_ns > now_ns)
		return arrival;
	arrival.ns = stamp_ns;
	if (now_ns - stamp_ns + 2 * tick_ns < ticks_ns) {
		arrival.ns = now_ns - ticks_ns;
		arrival.error_ns = 2 * tick_ns;
	}
	return arrival;
}

// The request, which begins now, began before: from there on its time counts as `cause`.
static __always_inline void backdate(struct thread_state *state, enum cause cause, __u64 time_ns)
{
	state->request.begin_ns -= time_ns;
	state->begin_spent_ns[cause] -= time_ns;
}

// What passed since the thread was woken to take the request up was no other's. It was, unless it
// was woken before that, or went on with the request before, which ended at `before_ns`.
static __always_inline void count_wake_up(struct thread_state *state, __u64 arrived_ns,
					  __u64 before_ns, __u64 now_ns)
{
	__u64 woken_ns = state->wait_end_ns;
	__u64 on_cpu_ns = state->spent_ns[CAUSE_ON_CPU] - state->woken_on_cpu_ns;

	if (woken_ns < arrived_ns || woken_ns < before_ns || woken_ns > now_ns ||
	    on_cpu_ns > now_ns - woken_ns)
		return;
	backdate(state, CAUSE_ON_CPU, on_cpu_ns);
	backdate(state, CAUSE_RUN_QUEUE, now_ns - woken_ns - on_cpu_ns);
	state->request.event_loop_ns -= now_ns - woken_ns;
}

// The first bytes of a request, which has just been begun, have been received now. The thread's
// request before it ended at `before_ns`.
static __always_inline void count_arrival(struct thread_state *state, struct sock *sk,
					  __u64 before_ns, __u64 now_ns)
{
	struct request_record *request = &state->request;
	struct arrival arrival = arrival_on(sk, request->flags & REQUEST_FIRST, now_ns);
	__u64 arrived_ns = arrival.ns;
	__u64 accepted_ns = state->connection.accepted_ns;

	if (request->flags & REQUEST_FIRST) {
		// By another thread, or it would have begun then.
		if (!request->event_loop_ns)
			return;
		// Clients seldom keep their request back: it counts as there where it may be.
		if (arrived_ns < accepted_ns + arrival.error_ns)
			arrived_ns = accepted_ns;
		backdate(state, CAUSE_CLIENT_READ, arrived_ns - accepted_ns);
	}
	request->event_loop_ns = now_ns - arrived_ns;
	if (!state->is_loop)
		count_wake_up(state, arrived_ns, before_ns, now_ns);
}
