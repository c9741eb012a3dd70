/* SPDX-License-Identifier: GPL-2.0-only */
//
// Who asks a watched process to end: a master whose patience is over, a deployment, the kernel that
// is out of memory.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/end_signal.bpf.h"
#include "lib/watched.bpf.h"

enum {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGABRT = 6,
	SIGKILL = 9,
	SIGTERM = 15,
};

enum {
	SEND_SIG_PRIV = 1, // in place of a pointer: by the kernel (include/linux/signal.h)
};

// Those of a fault the process brings on itself, and its wait status names them.
static __always_inline bool asks_to_end(__u32 signal)
{
	return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGABRT ||
	       signal == SIGKILL || signal == SIGTERM;
}

// (int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result), in the
// sender's context. Raw, because `info` is not always a pointer.
SEC("raw_tp/signal_generate")
int signal_generate(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 signal = ctx->args[0];
	struct task_struct *task = (struct task_struct *)ctx->args[2];
	struct end_signal *end;
	__u32 tgid;

	if (!asks_to_end(signal))
		return 0;
	tgid = BPF_CORE_READ(task, tgid);
	if (role_of(tgid) == WATCHED_NOT)
		return 0;
	end = end_signal_of(tgid);
	if (!end || end->signal)
		return 0;
	end->signal = signal;
	end->sender_tgid = ctx->args[1] == SEND_SIG_PRIV ? 0 : bpf_get_current_pid_tgid() >> 32;
	return 0;
}

// The kernel has killed a process to have its memory. Told of its number until v6.8, of the task
// since then (include/trace/events/oom.h).
SEC("raw_tp/mark_victim")
int signal_mark_victim(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 victim = ctx->args[0];
	struct end_signal *end;
	__u32 tgid = victim;

	if (victim >> 32)
		tgid = BPF_CORE_READ((struct task_struct *)victim, tgid);
	if (role_of(tgid) == WATCHED_NOT)
		return 0;
	end = end_signal_of(tgid);
	if (end)
		end->out_of_memory = 1;
	return 0;
}
