/* SPDX-License-Identifier: GPL-2.0-only */
//
// The ledger of connections to peers: which were opened, and which have a transaction open. That a
// connection is there needs no bookkeeping: the table of descriptors shows it
// (probes/outgoing.bpf.c).

#pragma once

#include "lib/loss.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/thread_state.bpf.h"
#include "wire/outgoing_record.h"

#include <bpf/bpf_helpers.h>

// Worker and peer -> connections on which the worker was the first to send something. Written as
// they are first used, read by userspace, which takes those of dead workers out.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct opened_key);
	__type(value, __u64);
	__uint(max_entries, 8192);
} opened_counts __weak SEC(".maps");

// Inode of a connected unix socket -> 1, once something has been sent on it: unlike TCP's it keeps
// no count itself. Written at the first send, and by userspace for those that were there before it
// came. The oldest make room, and count as opened once more should they send again.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, __u8);
	__uint(max_entries, 4096);
} used_unix_sockets __weak SEC(".maps");

struct open_transaction {
	__u64 socket_inode; // tells the socket from one that has its address later
	__u64 begin_ns;
};

// Outgoing socket's address -> its open transaction. Written as the database says so. One whose
// connection was closed stays until the address is used again; the oldest make room.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, struct open_transaction);
	__uint(max_entries, 4096);
} open_transactions __weak SEC(".maps");

// How much has ever been written to a TCP connection that this host opened, which has had one byte
// more acknowledged than it sent: the SYN.
static __always_inline __u32 written_bytes_of(struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u32 unacknowledged = BPF_CORE_READ(tcp, snd_una);
	__u32 acknowledged_bytes = BPF_CORE_READ(tcp, bytes_acked);
	__u32 later = BPF_CORE_READ(tcp, snd_una);

	// An acknowledgement came in between.
	if (later != unacknowledged)
		acknowledged_bytes = BPF_CORE_READ(tcp, bytes_acked);
	return BPF_CORE_READ(tcp, write_seq) - later + acknowledged_bytes - 1;
}

static __always_inline bool is_unix_stream(struct sock *sk, const struct wait_target *target)
{
	return target->target_kind == TARGET_UNIX && BPF_CORE_READ(sk, sk_type) == SOCK_STREAM;
}

// Whether the `sent_bytes` bytes that were just sent are the connection's first.
static __always_inline bool is_first_sent(struct sock *sk, const struct wait_target *target,
					  __u64 sent_bytes)
{
	__u8 yes = 1;
	__u64 inode;

	if (is_tcp(sk))
		return written_bytes_of(sk) == (__u32)sent_bytes;
	if (!is_unix_stream(sk, target))
		return false;
	inode = inode_of(sk);
	if (bpf_map_lookup_elem(&used_unix_sockets, &inode))
		return false;
	if (bpf_map_update_elem(&used_unix_sockets, &inode, &yes, BPF_ANY))
		count_loss(LOSS_OUTGOING);
	return true;
}

static __always_inline void count_opened(const struct wait_target *target)
{
	struct opened_key key = {
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.target = *target,
	};
	__u64 *count = bpf_map_lookup_elem(&opened_counts, &key);
	__u64 none = 0;

	if (!count) {
		bpf_map_update_elem(&opened_counts, &key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&opened_counts, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_loss(LOSS_OUTGOING);
}

// The open request has asked something on the question's socket. A function of its own for the
// verifier: see classify(). Returns 0.
__weak __noinline int remember_asked(struct thread_state *state)
{
	struct asked_socket *place;

	if (!state)
		return 0;
	for (int i = 0; i < ASKED_SOCKETS; i++) {
		if ((__u32)i < state->asked_count &&
		    state->asked[i].socket == state->question_socket &&
		    state->asked[i].port == state->question_port)
			return 0;
	}
	place = &state->asked[state->asked_count & (ASKED_SOCKETS - 1)];
	place->socket = state->question_socket;
	place->port = state->question_port;
	state->asked_count++;
	return 0;
}

static __always_inline void transaction_opened(__u64 socket)
{
	struct open_transaction *known = bpf_map_lookup_elem(&open_transactions, &socket);
	struct open_transaction transaction = {
		.socket_inode = inode_of((struct sock *)socket),
		.begin_ns = bpf_ktime_get_ns(),
	};

	if (known && known->socket_inode == transaction.socket_inode)
		return;
	if (bpf_map_update_elem(&open_transactions, &socket, &transaction, BPF_ANY))
		count_loss(LOSS_OUTGOING);
}

static __always_inline void transaction_ended(__u64 socket)
{
	bpf_map_delete_elem(&open_transactions, &socket);
}
