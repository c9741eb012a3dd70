/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which lines use the processor: a look at each CPU some times a second, kept where it finds a
// watched thread inside a request.

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/request.bpf.h"

// Each sample stands for so much time. Set before load.
const volatile __u64 sample_period_ns = 20408163;

SEC("perf_event")
int sample_on_cpu(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *state = state_of(task);
	__u64 now_ns = bpf_ktime_get_ns();

	if (state && request_received(state) && !state->wait_pending && !state->walking)
		report_sample(state, now_ns - sample_period_ns, now_ns);
	return 0;
}
