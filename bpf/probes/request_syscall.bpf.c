/* SPDX-License-Identifier: GPL-2.0-only */
//
// The boundaries of requests on kernels whose sockets have no tracepoints of their own (before
// v6.3): the same questions as in request.bpf.c, asked when the system calls return. Dearer,
// because a tracepoint on any system call slows all of them a little.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/boundary.bpf.h"

static __always_inline void moved(const struct syscall_exit *ctx, bool received)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	struct thread_state *state;
	struct file *file;
	struct sock *sk;

	if (ctx->ret <= 0)
		return;
	state = state_of(task);
	if (!state)
		return;
	read_syscall(task, &syscall);
	file = file_of(task, syscall.args[0]);
	if (!file || format_of(file) != S_IFSOCK)
		return;
	sk = sock_of(file);
	if (!received)
		send(task, state, sk, port_of(sk), &syscall, ctx->ret);
	else if (syscall.nr != NR_RECVFROM || !(syscall.args[3] & MSG_PEEK))
		receive(task, state, sk, port_of(sk), &syscall, ctx->ret);
}

#define BOUNDARY(call, received)                                                                   \
	SEC("tp/syscalls/sys_exit_" #call)                                                         \
	int syscall_##call(struct syscall_exit *ctx)                                               \
	{                                                                                          \
		moved(ctx, received);                                                              \
		return 0;                                                                          \
	}

BOUNDARY(read, true)
BOUNDARY(readv, true)
BOUNDARY(recvfrom, true)
BOUNDARY(recvmsg, true)
BOUNDARY(write, false)
BOUNDARY(writev, false)
BOUNDARY(sendto, false)
BOUNDARY(sendmsg, false)
BOUNDARY(sendfile64, false)
