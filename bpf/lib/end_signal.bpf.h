/* SPDX-License-Identifier: GPL-2.0-only */
//
// Who asked a watched process to end, until it has.

#pragma once

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct end_signal {
	__u32 signal;      // the first of those that end a process; 0 when there was none
	__u32 sender_tgid; // 0: the kernel
	__u32 out_of_memory;
};

// tgid -> end_signal. Written as the signal is sent (probes/signal.bpf.c), taken out as the process
// exits; the oldest make room.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, struct end_signal);
	__uint(max_entries, 4096);
} end_signals __weak SEC(".maps");

static __always_inline struct end_signal *end_signal_of(__u32 tgid)
{
	static const struct end_signal nothing;
	struct end_signal *known = bpf_map_lookup_elem(&end_signals, &tgid);

	if (known)
		return known;
	bpf_map_update_elem(&end_signals, &tgid, &nothing, BPF_NOEXIST);
	return bpf_map_lookup_elem(&end_signals, &tgid);
}
