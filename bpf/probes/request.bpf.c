/* SPDX-License-Identifier: GPL-2.0-only */
//
// The boundaries of requests on accepted connections.
//
//   sys_exit_accept4      the accept queue ends, a request may begin
//   sock_recv_length      bytes of a request
//   sock_send_length      bytes of a response, or the first bytes to another peer
//
// That a connection was closed needs no probe: the thread's next step shows it (ledger.bpf.c).
//
// The two sock_ tracepoints came with v6.3 (6e6eda44b939). On older kernels the programs in
// request_syscall.bpf.c take their place.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/boundary.bpf.h"
#include "lib/handover.bpf.h"
#include "lib/loop_touch.bpf.h"

SEC("tp_btf/sock_recv_length")
int BPF_PROG(request_sock_recv_length, struct sock *sk, int received_bytes, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	struct thread_state *state;

	if (flags & MSG_PEEK)
		return 0;
	state = state_of(task);
	if (!state)
		return 0;
	if (state->is_loop && !touch_sock(state, sk, received_bytes, SYSCALL_RECEIVE))
		return 0;
	if (received_bytes <= 0)
		return 0;
	if (state->hands_over) {
		hand_over(state, sk, received_bytes);
		return 0;
	}
	read_syscall(task, &syscall);
	receive(task, state, sk, sk->__sk_common.skc_num, &syscall, received_bytes);
	if (state->is_loop)
		touched(state, sk);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(request_sock_send_length, struct sock *sk, int sent_bytes, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	struct thread_state *state;

	state = state_of(task);
	if (!state)
		return 0;
	if (state->is_loop && !touch_sock(state, sk, sent_bytes, SYSCALL_SEND))
		return 0;
	if (sent_bytes <= 0)
		return 0;
	if (state->hands_over)
		take_over(state, sk);
	read_syscall(task, &syscall);
	send(task, state, sk, sk->__sk_common.skc_num, &syscall, sent_bytes);
	if (state->is_loop)
		touched(state, NULL);
	return 0;
}

// For ports that userspace does not know yet.
static __always_inline void learn_port(__u16 port)
{
	__u8 yes = 1;

	if (!bpf_map_lookup_elem(&listening_ports, &port) &&
	    bpf_map_update_elem(&listening_ports, &port, &yes, BPF_ANY))
		count_loss(LOSS_CONNECTION);
}

static __always_inline void accepted(struct task_struct *task, struct thread_state *state, __u32 fd)
{
	struct file *file = file_of(task, fd);
	struct sock *sk = file ? sock_of(file) : NULL;
	struct connection connection = {};
	__u64 now_ns = bpf_ktime_get_ns();
	__u16 port;

	if (!sk)
		return;
	port = port_of(sk);
	connection.established_ns = port ? established_ns_of(sk) : take_unix_arrival((__u64)sk);
	connection.accepted_ns = now_ns;
	connection.id = __sync_fetch_and_add(&accepted_count, 1) + 1;
	if (port) // a unix socket has none
		learn_port(port);

	if (state->is_loop) {
		loop_accepted(task, state, sk, &connection, now_ns);
		return;
	}
	if (state->hands_over) {
		accept_for_others(task, state, sk, &connection, now_ns);
		return;
	}
	save_connection(state);
	end_request(task, state, now_ns, 0);
	begin_request(task, state, (__u64)sk, port, &connection, now_ns);
	// Only another thread could need it before this one turns away.
	state->connection_saved = false;
	if (task->signal->nr_threads > 1)
		save_connection(state);
}

static __always_inline void accept_returned(const struct syscall_exit *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *state;

	if (ctx->ret < 0)
		return;
	state = state_of(task);
	if (state)
		accepted(task, state, ctx->ret);
}

SEC("tp/syscalls/sys_exit_accept4")
int request_accept4(struct syscall_exit *ctx)
{
	accept_returned(ctx);
	return 0;
}

SEC("tp/syscalls/sys_exit_accept")
int request_accept(struct syscall_exit *ctx)
{
	accept_returned(ctx);
	return 0;
}
