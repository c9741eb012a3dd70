/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which processes are watched.

#pragma once

#include "vmlinux.h"
#include "wire/watched.h"

#include <bpf/bpf_helpers.h>

// tgid -> enum watched_role. Written by userspace when it finds a server, and by fork and exit.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u8);
	__uint(max_entries, 16384);
} watched_processes __weak SEC(".maps");

static __always_inline enum watched_role role_of(__u32 tgid)
{
	__u8 *role = bpf_map_lookup_elem(&watched_processes, &tgid);

	return role ? *role : WATCHED_NOT;
}
