/* SPDX-License-Identifier: GPL-2.0-only */
//
// When a connection to a unix socket began to wait for accept: the one thing that a TCP socket
// notes by itself (established_ns_of()) and a unix socket does not.
//
//   sk_data_ready(listener)  a connection has just been put at the end of its queue
//
// The tracepoint came with v6.3 (40e0b0908142) and fires whenever bytes come on any socket, so it
// is attached only when the first server that listens on a unix socket is watched.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/connection.bpf.h"

// The accepted end of the latest connection in the queue; NULL when it has been accepted already.
static __always_inline struct sock *latest_in_queue(const struct sock *listener)
{
	struct sk_buff *last = BPF_CORE_READ(listener, sk_receive_queue.prev);
	const void *queue =
		(const void *)listener + bpf_core_field_offset(struct sock, sk_receive_queue);

	return (const void *)last == queue ? NULL : BPF_CORE_READ(last, sk);
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(unix_sk_data_ready, const struct sock *sk)
{
	__u64 now_ns;
	__u64 socket;

	if (sk->__sk_common.skc_family != AF_UNIX || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	socket = (__u64)latest_in_queue(sk);
	now_ns = bpf_ktime_get_ns();
	if (socket && bpf_map_update_elem(&unix_arrivals, &socket, &now_ns, BPF_ANY))
		count_loss(LOSS_CONNECTION);
	return 0;
}
