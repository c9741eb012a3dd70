/* SPDX-License-Identifier: GPL-2.0-only */
//
// What a thread that blocks is going to wait for. Asked only at that moment: a system call that
// does not block costs nothing.

#pragma once

#include "lib/arch.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/question.bpf.h"
#include "lib/request.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/syscall_kind.bpf.h"
#include "lib/thread_state.bpf.h"

// What is known of one wait.
struct blocking {
	enum cause cause;
	__s32 syscall;
	// The thread waits for a new connection, so whatever it did before is over.
	bool for_connection;
	// The thread waits on something that an idle thread waits on too.
	bool maybe_idle;
	// The accepted connection it waits on; 0 when it is another thing.
	__u64 client_socket;
	struct wait_target target;
	// Of the peer that it waits for.
	__u64 socket_inode;
	__u32 flags;     // enum wait_flags
	bool for_answer; // to what it has asked there
};

enum {
	SELECT_WORDS = 16, // FD_SETSIZE is 1024
	POLLIN = 1,
	POLLOUT = 4,
};

static __always_inline void block_on_socket(struct file *file, enum syscall_kind kind,
					    const struct thread_state *state,
					    struct blocking *blocking)
{
	struct sock *sk = sock_of(file);
	__u16 port = port_of(sk);
	struct peer peer;

	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN) {
		blocking->cause = CAUSE_IDLE;
		blocking->for_connection = true;
		return;
	}
	read_peer(sk, &blocking->target);
	if (is_own(state, sk, port) || connection_of(sk)) {
		blocking->client_socket = (__u64)sk;
		blocking->cause = kind == SYSCALL_SEND ? CAUSE_CLIENT_WRITE : CAUSE_CLIENT_READ;
		return;
	}
	blocking->for_answer =
		kind != SYSCALL_CONNECT && kind != SYSCALL_SEND && is_asked(state, sk, port);
	if (blocking->for_answer && is_unconnected(&blocking->target))
		blocking->target = state->question_target;
	peer = peer_of(&blocking->target);
	blocking->cause = peer.cause;
	blocking->socket_inode = BPF_CORE_READ(file, f_inode, i_ino);
	blocking->flags = peer.flags & PEER_TLS ? WAIT_TLS : 0;
}

static __always_inline void block_on_file(struct file *file, enum syscall_kind kind,
					  const struct thread_state *state,
					  struct blocking *blocking)
{
	switch (format_of(file)) {
	case S_IFSOCK:
		block_on_socket(file, kind, state, blocking);
		break;
	case S_IFREG:
	case S_IFDIR:
	case S_IFBLK:
		blocking->cause = CAUSE_DISK;
		blocking->target.target_kind = TARGET_FILE;
		break;
	case S_IFIFO:
		blocking->cause = CAUSE_CHILD;
		blocking->target.target_kind = TARGET_PIPE;
		break;
	}
}

// The number of the lowest bit set in `word`, which is not 0. Without a loop: the verifier walks
// each turn of one.
static __always_inline int lowest_bit(__u64 word)
{
	int bit = 0;

	if (!(word & 0xffffffff)) {
		bit += 32;
		word >>= 32;
	}
	if (!(word & 0xffff)) {
		bit += 16;
		word >>= 16;
	}
	if (!(word & 0xff)) {
		bit += 8;
		word >>= 8;
	}
	if (!(word & 0xf)) {
		bit += 4;
		word >>= 4;
	}
	if (!(word & 0x3)) {
		bit += 2;
		word >>= 2;
	}
	return bit + !(word & 1);
}

// Whether only room to write is waited for.
static __always_inline bool is_for_room(const struct pollfd *first)
{
	return (first->events & (POLLIN | POLLOUT)) == POLLOUT;
}

// The lowest descriptor in the first set of a select that has one; -1 when there is none.
static __always_inline int first_selected(const struct syscall *syscall)
{
	const void *set = (const void *)(syscall->args[1] ? syscall->args[1] : syscall->args[2]);
	__u64 set_bytes = (syscall->args[0] + 63) / 64 * sizeof(__u64);
	__u64 words[SELECT_WORDS] = {};
	__u64 word = 0;
	int first = 0;
	int fd = -1;

	if (!set)
		return -1;
	if (set_bytes > sizeof(words))
		set_bytes = sizeof(words);
	if (bpf_probe_read_user(words, set_bytes, set)) {
		count_loss(LOSS_WAIT_ARGUMENT);
		return -1;
	}
	for (int i = SELECT_WORDS - 1; i >= 0; i--) {
		if (words[i]) {
			word = words[i];
			first = i * 64;
		}
	}
	first += lowest_bit(word);
	// The verifier knows each of the thousand values that this can have, and would follow every
	// one of them through what comes next. Copied by a helper, it is one unknown number.
	if (word)
		bpf_probe_read_kernel(&fd, sizeof(fd), &first);
	return fd;
}

static __always_inline struct file *file_at(struct rb_node *node)
{
	struct epitem *item = (void *)node - bpf_core_field_offset(struct epitem, rbn);

	return node ? BPF_CORE_READ(item, ffd.file) : NULL;
}

static __always_inline bool is_listening(struct file *file)
{
	return file && format_of(file) == S_IFSOCK &&
	       BPF_CORE_READ(sock_of(file), __sk_common.skc_state) == TCP_LISTEN;
}

// The file at the root of an epoll's tree, or the listening socket right below it: uWSGI's threads
// wait for signals of their master too. Whether it listens matters only to a thread that has a
// request.
static __always_inline struct file *first_in_epoll(struct file *epoll_file, bool has_request)
{
	struct eventpoll *epoll = BPF_CORE_READ(epoll_file, private_data);
	struct rb_node *root = BPF_CORE_READ(epoll, rbr.rb_root.rb_node);
	struct file *first = file_at(root);
	struct file *below;

	if (!root || !has_request || is_listening(first))
		return first;
	below = file_at(BPF_CORE_READ(root, rb_left));
	if (is_listening(below))
		return below;
	below = file_at(BPF_CORE_READ(root, rb_right));
	return is_listening(below) ? below : first;
}

// The file that a call of this kind waits for. `kind` becomes SYSCALL_SEND where a call that can
// wait for several things waits for room to write.
static __always_inline struct file *awaited_file(struct task_struct *task, enum syscall_kind *kind,
						 const struct syscall *syscall, bool has_request)
{
	struct pollfd first = {};
	struct file *file;
	int fd;

	switch (*kind) {
	case SYSCALL_POLL:
		if (bpf_probe_read_user(&first, sizeof(first), (const void *)syscall->args[0])) {
			count_loss(LOSS_WAIT_ARGUMENT);
			return NULL;
		}
		if (is_for_room(&first))
			*kind = SYSCALL_SEND;
		return file_of(task, first.fd);
	case SYSCALL_SELECT:
		fd = first_selected(syscall);
		if (!syscall->args[1])
			*kind = SYSCALL_SEND;
		return fd < 0 ? NULL : file_of(task, fd);
	case SYSCALL_EPOLL:
		file = file_of(task, syscall->args[0]);
		return file ? first_in_epoll(file, has_request) : NULL;
	default:
		return file_of(task, syscall->args[0]);
	}
}

// Says what the current thread is going to wait for. `blocking` must be zeroed.
//
// A function of its own for the verifier, which otherwise walks it once for every way to its
// callers' ends: seconds instead of milliseconds. Returns 0.
__weak __noinline int classify(struct thread_state *state, struct blocking *blocking)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall syscall = {};
	enum syscall_kind kind;
	struct file *file;

	if (!state || !blocking)
		return 0;
	read_syscall(task, &syscall);
	blocking->syscall = syscall.nr;
	blocking->cause = CAUSE_OTHER;
	if (syscall.nr < 0) {
		blocking->cause = CAUSE_PAGE_FAULT;
		return 0;
	}
	kind = kind_of_syscall(syscall.nr);
	if ((kind == SYSCALL_POLL && syscall.args[1] == 0) ||
	    (kind == SYSCALL_SELECT && syscall.args[0] == 0))
		kind = SYSCALL_SLEEP;

	// A thread without a request is idle, unless this is its first touch of a connection.
	// On a loop's thread, whose wait it is may show later.
	if (!state->request_socket && !state->is_loop && kind != SYSCALL_RECEIVE &&
	    kind != SYSCALL_POLL && kind != SYSCALL_EPOLL)
		return 0;

	switch (kind) {
	case SYSCALL_SLEEP:
		blocking->cause = CAUSE_SLEEP;
		return 0;
	case SYSCALL_FUTEX:
		blocking->maybe_idle = true;
		if (is_gil(task->tgid, syscall.args[0])) {
			blocking->cause = CAUSE_GIL;
			blocking->target.target_kind = TARGET_GIL;
		} else {
			blocking->cause = CAUSE_LOCK;
			blocking->target.target_kind = TARGET_FUTEX;
		}
		return 0;
	case SYSCALL_CHILD:
		blocking->cause = CAUSE_CHILD;
		return 0;
	case SYSCALL_DISK:
		blocking->cause = CAUSE_DISK;
		blocking->target.target_kind = TARGET_FILE;
		return 0;
	case SYSCALL_UNKNOWN:
		blocking->maybe_idle = true;
		break;
	case SYSCALL_POLL:
	case SYSCALL_SELECT:
	case SYSCALL_EPOLL:
		blocking->maybe_idle = true;
		// fall through
	default:
		file = awaited_file(task, &kind, &syscall, state->request_socket);
		if (file)
			block_on_file(file, kind, state, blocking);
	}
	if (blocking->cause == CAUSE_OTHER && BPF_CORE_READ_BITFIELD(task, in_iowait))
		blocking->cause = CAUSE_DISK;
	return 0;
}
