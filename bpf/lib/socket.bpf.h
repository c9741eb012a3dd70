/* SPDX-License-Identifier: GPL-2.0-only */
//
// From a file descriptor to what it is, and from a socket to its peer.

#pragma once

#include "vmlinux.h"
#include "wire/wait_record.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum {
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	SOCK_STREAM = 1,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	// States, of unix sockets too: include/net/af_unix.h takes TCP's.
	TCP_ESTABLISHED = 1,
	TCP_CLOSE_WAIT = 8,
	TCP_LISTEN = 10,
	S_IFMT = 0170000,
	S_IFIFO = 0010000,
	S_IFREG = 0100000,
	S_IFDIR = 0040000,
	S_IFBLK = 0060000,
	S_IFSOCK = 0140000,
};

static __always_inline bool is_tcp(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline struct file *file_of(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = NULL;
	struct file **files = table->fd;

	if (fd >= table->max_fds)
		return NULL;
	if (bpf_probe_read_kernel(&file, sizeof(file), &files[fd]))
		return NULL;
	return file;
}

static __always_inline __u16 format_of(struct file *file)
{
	return BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
}

static __always_inline struct sock *sock_of(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

// Not used again by the kernel until it has counted through 32 bits. 0 for a socket without a file.
static __always_inline __u64 inode_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

// The local port; 0 for a unix socket.
static __always_inline __u16 port_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_num);
}

// Whether the other end is on this host, as far as its address shows: 127.0.0.0/8, also mapped into
// IPv6, ::1, a unix socket.
static __always_inline bool peer_is_local(struct sock *sk)
{
	__be32 words[4] = {};

	switch (BPF_CORE_READ(sk, __sk_common.skc_family)) {
	case AF_INET:
		BPF_CORE_READ_INTO(&words[3], sk, __sk_common.skc_daddr);
		return (words[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	case AF_INET6:
		BPF_CORE_READ_INTO((struct in6_addr *)words, sk, __sk_common.skc_v6_daddr);
		if (words[0] || words[1])
			return false;
		return words[2] ? (words[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000)
				: words[3] == bpf_htonl(1);
	}
	return true;
}

// The last bytes of a unix socket's path: they tell /run/redis/redis.sock from .s.PGSQL.5432.
static __always_inline void read_unix_peer(struct sock *sk, struct wait_target *target)
{
	struct unix_sock *peer = (struct unix_sock *)BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_address *address = BPF_CORE_READ(peer, addr);
	// The length counts the family in front of the path and the NUL behind it.
	int path_bytes = BPF_CORE_READ(address, len) - (int)sizeof(unsigned short) - 1;
	__u32 skipped_bytes = 0;
	__u32 read_bytes = path_bytes;

	if (!address || path_bytes <= 0 || path_bytes > 108)
		return;
	if (path_bytes > TARGET_ADDRESS_BYTES) {
		skipped_bytes = path_bytes - TARGET_ADDRESS_BYTES;
		read_bytes = TARGET_ADDRESS_BYTES;
	}
	bpf_probe_read_kernel(target->address, read_bytes & (2 * TARGET_ADDRESS_BYTES - 1),
			      &address->name[0].sun_path[skipped_bytes]);
}

// `target` must be zeroed. Leaves it TARGET_NONE for families that are not known here.
static __always_inline void read_peer(struct sock *sk, struct wait_target *target)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	switch (family) {
	case AF_INET:
		target->target_kind = TARGET_INET;
		target->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
		BPF_CORE_READ_INTO((__be32 *)target->address, sk, __sk_common.skc_daddr);
		break;
	case AF_INET6:
		target->target_kind = TARGET_INET6;
		target->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
		BPF_CORE_READ_INTO((struct in6_addr *)target->address, sk,
				   __sk_common.skc_v6_daddr);
		break;
	case AF_UNIX:
		target->target_kind = TARGET_UNIX;
		read_unix_peer(sk, target);
		break;
	}
}
