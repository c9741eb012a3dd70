/* SPDX-License-Identifier: GPL-2.0-only */
//
// The bytes that the current system call has received or is sending, in the process's memory.

#pragma once

#include "lib/arch.bpf.h"
#include "lib/syscall_kind.bpf.h"
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

// Where the first of them lie; NULL where they lie in no buffer of the process (sendfile, splice)
// or came another way (io_uring).
static __always_inline const void *payload_of(const struct syscall *syscall)
{
	const struct iovec *vectors;
	struct iovec first = {};

	switch (syscall->nr) {
	case NR_READ:
	case NR_WRITE:
	case NR_SENDTO:
	case NR_RECVFROM:
		return (const void *)syscall->args[1];
	case NR_READV:
	case NR_WRITEV:
		vectors = (const struct iovec *)syscall->args[1];
		break;
	case NR_SENDMSG:
	case NR_RECVMSG: {
		const struct user_msghdr *message = (const struct user_msghdr *)syscall->args[1];

		if (bpf_probe_read_user(&vectors, sizeof(vectors), &message->msg_iov))
			return NULL;
		break;
	}
	default:
		return NULL;
	}
	if (bpf_probe_read_user(&first, sizeof(first), vectors))
		return NULL;
	return first.iov_base;
}
