/* SPDX-License-Identifier: GPL-2.0-only */
//
// The bytes that the current system call has received or is sending, in the process's memory.

#pragma once

#include "lib/arch.bpf.h"
#include "lib/syscall_kind.bpf.h"
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct payload {
	const void *bytes; // NULL where they lie in no buffer of the process (sendfile, splice) or
			   // came another way (io_uring)
	__u64 size_bytes;  // how many lie there; more may lie elsewhere
};

static __always_inline bool first_vector(const struct syscall *syscall, struct iovec *first)
{
	const struct iovec *vectors;

	switch (syscall->nr) {
	case NR_READV:
	case NR_WRITEV:
		vectors = (const struct iovec *)syscall->args[1];
		break;
	case NR_SENDMSG:
	case NR_RECVMSG:
	case NR_SENDMMSG: { // whose first message stands first
		const struct user_msghdr *message = (const struct user_msghdr *)syscall->args[1];

		if (bpf_probe_read_user(&vectors, sizeof(vectors), &message->msg_iov))
			return false;
		break;
	}
	default:
		return false;
	}
	return bpf_probe_read_user(first, sizeof(*first), vectors) == 0;
}

// Where the first of the `moved_bytes` that the call has moved lie.
static __always_inline struct payload find_payload(const struct syscall *syscall, __u64 moved_bytes)
{
	struct payload payload = {};
	struct iovec first = {};

	switch (syscall->nr) {
	case NR_READ:
	case NR_WRITE:
	case NR_SENDTO:
	case NR_RECVFROM:
		payload.bytes = (const void *)syscall->args[1];
		payload.size_bytes = moved_bytes;
		break;
	default:
		if (!first_vector(syscall, &first))
			break;
		payload.bytes = first.iov_base;
		payload.size_bytes = first.iov_len < moved_bytes ? first.iov_len : moved_bytes;
	}
	return payload;
}

static __always_inline const void *payload_of(const struct syscall *syscall)
{
	return find_payload(syscall, 0).bytes;
}

// The address that the call sends to, where it names one: struct sockaddr.
static __always_inline const void *destination_of(const struct syscall *syscall)
{
	const struct user_msghdr *message;
	const void *address = NULL;

	switch (syscall->nr) {
	case NR_SENDTO:
		return (const void *)syscall->args[4];
	case NR_SENDMSG:
	case NR_SENDMMSG:
		message = (const struct user_msghdr *)syscall->args[1];
		bpf_probe_read_user(&address, sizeof(address), &message->msg_name);
		return address;
	default:
		return NULL;
	}
}
