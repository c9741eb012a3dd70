/* SPDX-License-Identifier: GPL-2.0-only */
//
// What the peers of outgoing connections are: a database, a cache, anything else. Told by their
// port, until the first bytes sent to them say it better.

#pragma once

#include "lib/payload.bpf.h"
#include "lib/socket.bpf.h"
#include "wire/peer.h"

#include <bpf/bpf_helpers.h>

enum {
	PEER_ATTEMPTS = 8,
	PEER_BYTES = 16,
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

static __always_inline enum cause cause_of_peer(const struct wait_target *target)
{
	struct peer *peer;

	if (target->target_kind == TARGET_NONE)
		return CAUSE_OTHER;
	peer = bpf_map_lookup_elem(&peers, target);
	return peer ? peer->cause : cause_of_port(target);
}

static __always_inline __u32 big_endian(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

// PostgreSQL: a startup message (length, 3.0), an SSL request, or a typed message whose length,
// which counts itself, fits into what is sent.
static __always_inline bool is_postgresql(const __u8 *bytes, __u64 size_bytes)
{
	__u32 code = big_endian(bytes + 4);
	__u32 length;

	if (big_endian(bytes) <= size_bytes &&
	    (code == 0x00030000 || code == 80877103 || code == 80877104))
		return true;
	length = big_endian(bytes + 1);
	if (length < 4 || (__u64)length + 1 > size_bytes)
		return false;
	if (bytes[0] == 'Q')
		return (__u64)length + 1 == size_bytes;
	return bytes[0] == 'P' || bytes[0] == 'B';
}

// MySQL: a 24-bit length, sequence 0 and one of the commands that carry work.
static __always_inline bool is_mysql(const __u8 *bytes, __u64 size_bytes)
{
	__u32 length = bytes[0] | (__u32)bytes[1] << 8 | (__u32)bytes[2] << 16;

	if ((__u64)length + 4 != size_bytes || bytes[3] != 0)
		return false;
	return bytes[4] == 0x03 || bytes[4] == 0x16 || bytes[4] == 0x17 || bytes[4] == 0x0e;
}

// Redis: an array of bulk strings, "*2\r\n$3\r\n" or "*12\r\n$3\r\n".
static __always_inline bool is_redis(const __u8 *bytes)
{
	if (bytes[0] != '*' || bytes[1] < '1' || bytes[1] > '9')
		return false;
	if (bytes[2] == '\r')
		return bytes[3] == '\n' && bytes[4] == '$';
	return bytes[2] >= '0' && bytes[2] <= '9' &&
	       ((bytes[3] == '\r' && bytes[5] == '$') || (bytes[4] == '\r' && bytes[6] == '$'));
}

// Looks at what a watched thread is sending to a peer, until the peer is known.
static __always_inline void learn_peer(struct sock *sk, const struct syscall *syscall,
				       __u64 size_bytes)
{
	struct wait_target target = {};
	struct peer guess = {};
	__u8 bytes[PEER_BYTES] = {};
	struct peer *peer;
	const void *payload;

	read_peer(sk, &target);
	if (target.target_kind == TARGET_NONE)
		return;
	peer = bpf_map_lookup_elem(&peers, &target);
	if (peer && (peer->known || peer->attempts_count >= PEER_ATTEMPTS))
		return;
	if (peer)
		guess = *peer;
	else
		guess.cause = cause_of_port(&target);
	guess.attempts_count++;

	payload = payload_of(syscall);
	if (payload && size_bytes >= 5 && bpf_probe_read_user(bytes, sizeof(bytes), payload) == 0) {
		if (is_postgresql(bytes, size_bytes) || is_mysql(bytes, size_bytes)) {
			guess.cause = CAUSE_DATABASE;
			guess.known = 1;
		} else if (is_redis(bytes)) {
			guess.cause = CAUSE_CACHE;
			guess.known = 1;
		}
	}
	// A full map costs no record: the port still tells.
	bpf_map_update_elem(&peers, &target, &guess, BPF_ANY);
}
