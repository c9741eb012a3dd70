/* SPDX-License-Identifier: GPL-2.0-only */
//
// Connections that watched servers accept, from the completed handshake until they are closed.

#pragma once

#include "lib/loss.bpf.h"
#include "lib/socket.bpf.h"
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct connection {
	__u64 established_ns; // handshake completed; 0 when that is not known (a unix socket, say)
	__u64 accepted_ns;    // accept returned; 0 when that was before the agent came
	__u64 id;             // counts accepted connections
	__u32 requests_count; // whose first bytes have been received
	__u32 upgraded;       // to another protocol: what follows is no request
};

// struct sock's address -> connection, for connections that another thread, or the same one later,
// may receive from. Written when accept returns or the thread turns to another connection. Nothing
// removes an entry: the kernel gives the address to another socket, and the oldest make room.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, struct connection);
	__uint(max_entries, 32768);
} connections __weak SEC(".maps");

// Local port of a watched server's listening socket -> 1. Written by userspace and by accept.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u16);
	__type(value, __u8);
	__uint(max_entries, 1024);
} listening_ports __weak SEC(".maps");

__u64 accepted_count __weak; // numbers the connections

// When the handshake completed. tcp_init_buffer_space() notes it when it makes the connection
// ESTABLISHED, in microseconds of bpf_ktime_get_ns()'s clock, and nothing changes it until the
// first bytes are received (net/ipv4/tcp_input.c, since v4.12), so no probe has to wait for that
// moment.
static __always_inline __u64 established_ns_of(struct sock *sk)
{
	if (!is_tcp(sk))
		return 0;
	return BPF_CORE_READ((struct tcp_sock *)sk, rcvq_space.time) * 1000;
}

// The accepted end of a connection to a unix socket -> when it was put into its listener's queue.
// Written as that happens (probes/unix_accept.bpf.c), taken out by accept; those that others accept
// make room.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, __u64);
	__uint(max_entries, 8192);
} unix_arrivals __weak SEC(".maps");

// 0 when that is not known.
static __always_inline __u64 take_unix_arrival(__u64 socket)
{
	__u64 *arrived = bpf_map_lookup_elem(&unix_arrivals, &socket);
	__u64 arrived_ns = arrived ? *arrived : 0;

	if (arrived)
		bpf_map_delete_elem(&unix_arrivals, &socket);
	return arrived_ns;
}

// Whether a socket is the server's end of a connection: what accept() returned.
static __always_inline bool is_server_end(struct sock *sk)
{
	struct unix_sock *peer;
	__u16 port;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
		// It goes by its listener's address; the client's end usually has none.
		peer = (struct unix_sock *)BPF_CORE_READ((struct unix_sock *)sk, peer);
		return BPF_CORE_READ((struct unix_sock *)sk, addr) && !BPF_CORE_READ(peer, addr);
	}
	port = port_of(sk);
	return bpf_map_lookup_elem(&listening_ports, &port) != NULL;
}

// NULL for anything but the server's end of a connection that is known.
static __always_inline struct connection *connection_of(struct sock *sk)
{
	__u64 socket = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &socket);

	// The address may be another socket's by now.
	if (connection && !is_server_end(sk))
		return NULL;
	return connection;
}

// Whether no more bytes can go either way. The socket may be gone: then its memory says that, or is
// another socket's.
static __always_inline bool is_closed(__u64 socket)
{
	unsigned char state = BPF_CORE_READ((struct sock *)socket, __sk_common.skc_state);

	return state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT;
}

static __always_inline void remember_connection(__u64 socket, const struct connection *connection)
{
	if (bpf_map_update_elem(&connections, &socket, connection, BPF_ANY))
		count_loss(LOSS_CONNECTION);
}

// A connection that was accepted before the agent came. What it served until then is not known.
static __always_inline struct connection *take_up_connection(struct sock *sk)
{
	struct connection connection = {};

	if (!is_server_end(sk))
		return NULL;
	connection.id = __sync_fetch_and_add(&accepted_count, 1) + 1;
	connection.requests_count = 1;
	remember_connection((__u64)sk, &connection);
	return connection_of(sk);
}
