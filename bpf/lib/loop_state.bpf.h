/* SPDX-License-Identifier: GPL-2.0-only */
//
// What is kept of a thread that serves many requests in turns: an event loop. See lib/loop.bpf.h.

#pragma once

#include "lib/connection.bpf.h"
#include "vmlinux.h"
#include "wire/request_record.h"
#include "wire/wait_record.h"

#include <bpf/bpf_helpers.h>

enum {
	LOOP_LOOKS = 3, // that are remembered
};

// What a request waits for while its task does not run.
struct task_wait {
	__u64 socket; // 0 when it is nothing on a socket: a timer, another task
	__u32 cause;
	struct wait_target target;
};

// A request that has received bytes, and where the loop's queue ended then: what is put there next
// is the step of the task that they are for.
struct expected_task {
	__u64 socket; // the request's; 0 when none is expected
	__u64 sequence;
	__u64 block; // of the deque
	__u64 index; // in it
};

// The part of a thread's state that only event loops have.
struct loop_state {
	// The thread's ledger at the latest cut: up to there its time has been given to someone.
	__u64 cut_spent_ns[CAUSE_COUNT];
	__u64 cut_busy_ns;     // all of it but idle
	struct task_wait wait; // what the thread's request will wait for if it leaves now
	__u64 loop_frame;      // the loop's own outermost Python frame; 0 when it is not known
	__u64 counted_socket;  // of that request, while it is among the open ones below; else 0
	__u64 open_sockets;    // of requests received and not yet responded to, xor: of a
			       // single one, its socket
	__u32 open_count;      // how many those are
	__s32 syscall;         // that the loop waited in
	// The thread's ledger but for idle as the loop looked for what is ready, the latest time
	// first.
	__u64 looks_busy_ns[LOOP_LOOKS];
	__u64 look_idle_ns;    // idle at the latest of them
	bool last_look_waited; // whether the one before had to wait until something was ready
	bool has_tasks;        // it is asyncio's
	struct expected_task expected;
};

// A request whose turn it is not.
struct parked_request {
	struct request_record request;
	__u64 spent_ns[CAUSE_COUNT]; // since it began, up to the moment it was put aside
	__u64 minor_faults_count;
	__u64 major_faults_count;
	// The thread's ledger at that moment: in its wait, and all else.
	__u64 idle_ns;
	__u64 busy_ns;
	struct task_wait wait;
	// Part of its sleep: up to turns that touched no socket and need not have been its own.
	__u64 assumed_sleep_ns;
	__u64 transaction_socket;
	__u32 calls_count[CALLS_KINDS];
	__u16 transaction_port;
	struct connection connection;
	__u16 port; // the socket's own
	bool connection_saved;
	bool unreported;
	bool reported;
	bool counted;
};

// Accepted socket's address -> its latest request. Written when a loop turns from one request to
// another, taken out when the address is accepted or connected anew; the oldest make room.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, struct parked_request);
	__uint(max_entries, 4096);
} parked_requests __weak SEC(".maps");

// The request that an outgoing socket was last used for.
struct socket_use {
	__u64 socket; // the request's
	__u64 sequence;
};

// Outgoing socket's address -> use. Written by loops as they connect and send; the oldest make
// room, and what is lost is found again at the next send.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, struct socket_use);
	__uint(max_entries, 8192);
} socket_uses __weak SEC(".maps");
