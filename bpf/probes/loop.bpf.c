/* SPDX-License-Identifier: GPL-2.0-only */
//
// What only event loops are asked. Attached when the first server that has one is watched.
//
//   sys_enter_epoll_wait, ..pwait   a round of the loop ends, whether it then blocks or not
//   sys_exit_connect                whose an outgoing connection is

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/ledger.bpf.h"
#include "lib/loop_touch.bpf.h"

static __always_inline void look_for_events(const struct syscall_enter *ctx)
{
	struct thread_state *state = state_of(bpf_get_current_task_btf());

	if (!state || !state->is_loop)
		return;
	settle(state, bpf_ktime_get_ns());
	enter_loop_wait(state, ctx->nr, true);
}

SEC("tp/syscalls/sys_enter_epoll_wait")
int loop_epoll_wait(struct syscall_enter *ctx)
{
	look_for_events(ctx);
	return 0;
}

SEC("tp/syscalls/sys_enter_epoll_pwait")
int loop_epoll_pwait(struct syscall_enter *ctx)
{
	look_for_events(ctx);
	return 0;
}

SEC("tp/syscalls/sys_exit_connect")
int loop_connect(struct syscall_exit *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *state = state_of(task);
	struct syscall syscall = {};
	struct file *file;
	struct sock *sk;
	__u64 socket;

	if (!state || !state->is_loop || (ctx->ret && ctx->ret != -EINPROGRESS))
		return 0;
	read_syscall(task, &syscall);
	file = file_of(task, syscall.args[0]);
	if (!file || format_of(file) != S_IFSOCK)
		return 0;
	sk = sock_of(file);
	socket = (__u64)sk;
	// The second call, which only asks how the first one went, returns 0 too.
	if (ctx->ret || !bpf_map_lookup_elem(&socket_uses, &socket))
		forget_socket(task, state, socket);
	touch(state, socket, port_of(sk), ctx->ret, SYSCALL_CONNECT);
	return 0;
}
