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

static __always_inline bool is_worker(enum watched_role role)
{
	return role == WATCHED_WORKER || role == WATCHED_LOOP_WORKER ||
	       role == WATCHED_HANDOVER_WORKER;
}

static __always_inline bool has_loops(enum watched_role role)
{
	return role == WATCHED_LOOP_MASTER || role == WATCHED_LOOP_WORKER;
}

static __always_inline bool hands_over(enum watched_role role)
{
	return role == WATCHED_HANDOVER_WORKER;
}

// What a process with this role forks; WATCHED_NOT when that is nothing to watch.
static __always_inline enum watched_role role_of_child(enum watched_role role)
{
	switch (role) {
	case WATCHED_MASTER:
		return WATCHED_WORKER;
	case WATCHED_LOOP_MASTER:
		return WATCHED_LOOP_WORKER;
	default: // a worker's children are subprocesses of its requests, not workers
		return WATCHED_NOT;
	}
}
