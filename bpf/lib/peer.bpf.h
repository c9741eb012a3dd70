/* SPDX-License-Identifier: GPL-2.0-only */
//
// What the peers of outgoing connections are: a database, a cache, anything else. Told by their
// port, until the first bytes sent to them say it better.

#pragma once

#include "lib/payload.bpf.h"
#include "lib/protocol.bpf.h"
#include "lib/socket.bpf.h"
#include "wire/peer.h"

#include <bpf/bpf_helpers.h>

enum {
	PEER_ATTEMPTS = 8,
};

// Peer's address and port -> what it is. Written by the probes and by userspace, read at each wait.
// When it is full, peers that are not in it go by their port.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct wait_target);
	__type(value, struct peer);
	__uint(max_entries, 4096);
} peers __weak SEC(".maps");

// Peer's port -> enum cause. Written by userspace: the well-known ones and the user's own.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u16);
	__type(value, __u8);
	__uint(max_entries, 1024);
} port_causes __weak SEC(".maps");

static __always_inline enum cause cause_of_port(const struct wait_target *target)
{
	__u16 port = target->port;
	__u8 *cause = bpf_map_lookup_elem(&port_causes, &port);

	return cause ? *cause : CAUSE_UPSTREAM;
}

// What is known of a peer so far.
static __always_inline struct peer peer_of(const struct wait_target *target)
{
	struct peer unknown = { .cause = CAUSE_OTHER };
	struct peer *peer;

	if (target->target_kind == TARGET_NONE)
		return unknown;
	peer = bpf_map_lookup_elem(&peers, target);
	if (peer)
		return *peer;
	unknown.cause = cause_of_port(target);
	return unknown;
}

// A full map costs no record: the port still tells.
static __always_inline void remember_peer(const struct wait_target *target, const struct peer *peer)
{
	bpf_map_update_elem(&peers, target, peer, BPF_ANY);
}

static __always_inline void is_known(struct peer *peer, __u8 cause, enum peer_protocol protocol)
{
	peer->cause = cause;
	peer->protocol = protocol;
	peer->known = 1;
}

// Looks at the first bytes of what a watched thread sends to a peer that is not known yet.
//
// A function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int guess_peer(struct peer *guess, const struct first_bytes *first,
				 __u64 sent_bytes, __u32 protocol)
{
	const __u8 *bytes;

	if (!guess || !first)
		return 0;
	bytes = first->bytes;
	if (is_tls(bytes, sent_bytes))
		guess->flags |= PEER_TLS;
	if (guess->known || guess->attempts_count >= PEER_ATTEMPTS)
		return 0;
	guess->attempts_count++;
	if (is_postgresql(bytes, sent_bytes))
		is_known(guess, CAUSE_DATABASE, PEER_POSTGRESQL);
	else if (is_mysql(bytes, sent_bytes))
		is_known(guess, CAUSE_DATABASE, PEER_MYSQL);
	else if (is_redis(bytes))
		is_known(guess, CAUSE_CACHE, PEER_REDIS);
	else if (is_memcached(bytes, sent_bytes))
		is_known(guess, CAUSE_CACHE, PEER_MEMCACHED);
	else if (is_http(bytes)) // some databases speak it too: their port may say so
		is_known(guess, guess->cause, PEER_HTTP);
	else if (protocol == IPPROTO_UDP && is_dns(bytes, sent_bytes))
		is_known(guess, CAUSE_DNS, PEER_DNS);
	return 0;
}

// The peer that `sent_bytes` bytes go to, `payload` the first of them.
static __always_inline struct peer learn_peer(struct sock *sk, const struct wait_target *target,
					      const struct payload *payload, __u64 sent_bytes)
{
	struct peer peer = peer_of(target);
	struct peer before = peer;
	struct first_bytes first = {};
	__u64 read_bytes = payload->size_bytes;

	if ((peer.known || peer.attempts_count >= PEER_ATTEMPTS) && peer.flags & PEER_TLS)
		return peer;
	if (read_bytes > PROTOCOL_BYTES)
		read_bytes = PROTOCOL_BYTES;
	if (!payload->bytes || read_bytes < 5 ||
	    bpf_probe_read_user(first.bytes, read_bytes, payload->bytes))
		return peer;
	guess_peer(&peer, &first, sent_bytes, BPF_CORE_READ(sk, sk_protocol));
	if (peer.flags != before.flags || peer.attempts_count != before.attempts_count)
		remember_peer(target, &peer);
	return peer;
}
