/* SPDX-License-Identifier: GPL-2.0-only */
//
// The ring buffer that all records go through.

#pragma once

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

// Records of every kind. Written by the probes, read by userspace, which sets the size before load.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); // bytes
} records __weak SEC(".maps");

// Userspace drains the buffer on a timer: waking it for each record would cost over fifty times the
// record (../docs/design/kernel-side.md). It is woken only when this much has gathered.
const volatile __u64 wake_up_bytes __weak = 1 << 20;

// Waits of at least this length inside a request leave a record. Set before load.
const volatile __u64 wait_threshold_ns __weak = 1000000;

static __always_inline bool send_record(void *record, __u64 size_bytes)
{
	__u64 flags = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) >= wake_up_bytes
			      ? BPF_RB_FORCE_WAKEUP
			      : BPF_RB_NO_WAKEUP;

	return bpf_ringbuf_output(&records, record, size_bytes, flags) == 0;
}
