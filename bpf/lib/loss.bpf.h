/* SPDX-License-Identifier: GPL-2.0-only */
//
// What the probes could not report. Userspace adds these up and tells the user; a probe never drops
// anything silently.

#pragma once

#include "vmlinux.h"
#include "wire/loss.h"

#include <bpf/bpf_helpers.h>

// enum loss -> how often, per CPU. Written by every probe, read by userspace.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, LOSS_KINDS);
} loss_counts __weak SEC(".maps");

static __always_inline void count_loss(enum loss kind)
{
	__u32 key = kind;
	__u64 *count = bpf_map_lookup_elem(&loss_counts, &key);

	if (count)
		*count += 1;
}
