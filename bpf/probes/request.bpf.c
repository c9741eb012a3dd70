/* SPDX-License-Identifier: GPL-2.0-only */
//
// The boundaries of requests on accepted connections.
//
//   sys_exit_accept4      the accept queue ends, a request may begin
//   sock_recv_length      bytes of a request
//   sock_send_length      bytes of a response, or the first bytes to another peer
//   inet_sock_set_state   -> FIN_WAIT1 or LAST_ACK, which only a local close or shutdown causes:
//                         the request is over; -> CLOSE: the connection is forgotten
//
// The two sock_ tracepoints came with v6.3 (6e6eda44b939). On older kernels the programs in
// request_syscall.bpf.c take their place.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/boundary.bpf.h"

SEC("tp_btf/sock_recv_length")
int BPF_PROG(request_sock_recv_length, struct sock *sk, int received_bytes, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	struct thread_state *state;

	if (received_bytes <= 0 || flags & MSG_PEEK)
		return 0;
	state = state_of(task);
	if (!state)
		return 0;
	read_syscall(task, &syscall);
	receive(task, state, sk, &syscall, received_bytes);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(request_sock_send_length, struct sock *sk, int sent_bytes, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	struct thread_state *state;

	if (sent_bytes <= 0)
		return 0;
	state = state_of(task);
	if (!state)
		return 0;
	read_syscall(task, &syscall);
	send(task, state, sk, &syscall, sent_bytes);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(request_inet_sock_set_state, const struct sock *sk, int old_state, int new_state)
{
	__u64 socket = (__u64)sk;
	struct thread_state *state;
	struct task_struct *task;

	switch (new_state) {
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		task = bpf_get_current_task_btf();
		state = state_of(task);
		if (state && state->request_socket == socket)
			end_request(task, state, bpf_ktime_get_ns(), 0);
		else if (state)
			forget_question(state, socket);
		break;
	case TCP_CLOSE:
		// Whatever its port: tcp_set_state() has given that back by now. Looking first
		// spares the many connections that are not ours the map's lock.
		if (bpf_map_lookup_elem(&connections, &socket))
			bpf_map_delete_elem(&connections, &socket);
		break;
	}
	return 0;
}

// For ports that userspace does not know yet.
static __always_inline void learn_port(struct sock *sk)
{
	__u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);
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

	if (!sk)
		return;
	connection.established_ns = established_ns_of(sk);
	connection.accepted_ns = now_ns;
	connection.id = __sync_fetch_and_add(&accepted_count, 1) + 1;
	connection.on_unix_socket = BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX;
	if (!connection.on_unix_socket)
		learn_port(sk);

	save_connection(state);
	end_request(task, state, now_ns, 0);
	begin_request(task, state, (__u64)sk, &connection, now_ns);
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
