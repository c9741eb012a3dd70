/* SPDX-License-Identifier: GPL-2.0-only */
//
// The ledger's one operation. Every transition adds the time since the last one to exactly one
// counter, so that the counters add up to the thread's life.

#pragma once

#include "lib/thread_state.bpf.h"

static __always_inline void settle(struct thread_state *state, __u64 now_ns)
{
	__u32 cause = state->cause;

	// Clocks of two CPUs may differ by less than a record can show; time never runs backwards
	// here.
	if (now_ns > state->since_ns) {
		if (cause < CAUSE_COUNT)
			state->spent_ns[cause] += now_ns - state->since_ns;
		state->since_ns = now_ns;
	}
}

static __always_inline void change_cause(struct thread_state *state, enum cause cause, __u64 now_ns)
{
	settle(state, now_ns);
	state->cause = cause;
}
