/* SPDX-License-Identifier: GPL-2.0-only */
//
// Every connection to a peer that a watched worker holds open, as it is now: read through an
// iterator's file, which walks the tables of descriptors of the host.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/connection.bpf.h"
#include "lib/outgoing.bpf.h"
#include "lib/peer.bpf.h"
#include "lib/watched.bpf.h"

// Whether both ends are connected, or only the peer has closed.
static __always_inline bool is_connected(struct sock *sk, const struct wait_target *target)
{
	if (is_closed((__u64)sk))
		return false;
	if (is_tcp(sk))
		return target->port != 0;
	// A pair of sockets within a process has no name.
	return is_unix_stream(sk, target) && BPF_CORE_READ((struct unix_sock *)sk, peer) &&
	       target->address[0];
}

static __always_inline bool has_been_used(struct sock *sk, const struct wait_target *target,
					  __u64 inode)
{
	if (is_tcp(sk))
		return written_bytes_of(sk) != 0;
	return bpf_map_lookup_elem(&used_unix_sockets, &inode) != NULL;
}

static __always_inline bool is_unanswered(const struct request_record *request, __u64 sequence)
{
	return request->sequence == sequence && request->received_bytes && !request->sent_bytes;
}

// Whether a request of an event loop that has no response yet has sent something on the socket.
static __always_inline bool is_used_by_loop(struct task_struct *task, __u64 socket)
{
	struct socket_use *use = bpf_map_lookup_elem(&socket_uses, &socket);
	struct parked_request *parked;
	struct thread_state *state;

	if (!use)
		return false;
	parked = bpf_map_lookup_elem(&parked_requests, &use->socket);
	if (parked && is_unanswered(&parked->request, use->sequence))
		return true;
	state = state_of(task);
	return state && state->request_socket == use->socket &&
	       is_unanswered(&state->request, use->sequence);
}

static __always_inline __u64 transaction_of(__u64 socket, __u64 inode)
{
	struct open_transaction *open = bpf_map_lookup_elem(&open_transactions, &socket);

	return open && open->socket_inode == inode ? open->begin_ns : 0;
}

SEC("iter/task_file")
int outgoing_iterate(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct outgoing_record record = {};
	enum watched_role role;
	struct sock *sk;

	if (!task || !file)
		return 0;
	role = role_of(task->tgid);
	if (!is_worker(role) || format_of(file) != S_IFSOCK)
		return 0;
	sk = sock_of(file);
	if (!sk)
		return 0;
	read_peer(sk, &record.target);
	if (!is_connected(sk, &record.target) || is_server_end(sk))
		return 0;

	record.tgid = task->tgid;
	record.socket = (__u64)sk;
	record.port = port_of(sk);
	record.socket_inode = BPF_CORE_READ(file, f_inode, i_ino);
	record.peer = peer_of(&record.target);
	record.transaction_ns = transaction_of(record.socket, record.socket_inode);
	if (has_been_used(sk, &record.target, record.socket_inode))
		record.flags |= OUTGOING_USED;
	if (has_loops(role) && is_used_by_loop(task, record.socket))
		record.flags |= OUTGOING_IN_USE;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE_WAIT)
		record.flags |= OUTGOING_PEER_CLOSED;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
