/* SPDX-License-Identifier: GPL-2.0-only */
//
// What a thread has asked of the peer that it may wait for next: the first bytes that it sent since
// the peer last answered. Kept at each send, because the process may use the memory again at once;
// sent only with the record of a long wait.

#pragma once

#include "lib/loss.bpf.h"
#include "lib/outgoing.bpf.h"
#include "lib/payload.bpf.h"
#include "lib/peer.bpf.h"
#include "lib/thread_state.bpf.h"

enum {
	DESTINATION_BYTES = 24, // of struct sockaddr_in6: family, port, flow, address
	READY_FOR_QUERY_BYTES = 6,
	ANSWER_END_BYTES = 11, // MySQL's OK, and more than the others
};

// A datagram socket that is not connected has its peer in the call.
static __always_inline void read_destination(const struct syscall *syscall,
					     struct wait_target *target)
{
	__u8 address[DESTINATION_BYTES] = {};
	const void *destination = destination_of(syscall);
	__u32 read_bytes = target->target_kind == TARGET_INET ? 8 : DESTINATION_BYTES;

	if (!destination || bpf_probe_read_user(address, read_bytes, destination))
		return;
	target->port = (__u16)address[2] << 8 | address[3];
	if (target->target_kind == TARGET_INET)
		__builtin_memcpy(target->address, address + 4, 4);
	else
		__builtin_memcpy(target->address, address + 8, TARGET_ADDRESS_BYTES);
}

static __always_inline bool is_unconnected(const struct wait_target *target)
{
	return target->port == 0 &&
	       (target->target_kind == TARGET_INET || target->target_kind == TARGET_INET6);
}

static __always_inline void append_question(struct thread_state *state,
					    const struct payload *payload)
{
	__u32 at = state->question_bytes;
	__u64 size_bytes = payload->size_bytes;

	if (at >= WAIT_QUESTION_BYTES || !payload->bytes)
		return;
	if (size_bytes > WAIT_QUESTION_BYTES - at)
		size_bytes = WAIT_QUESTION_BYTES - at;
	at &= WAIT_QUESTION_BYTES - 1;
	size_bytes &= 2 * WAIT_QUESTION_BYTES - 1;
	if (size_bytes > WAIT_QUESTION_BYTES)
		return;
	if (bpf_probe_read_user(state->wait.question + at, size_bytes, payload->bytes)) {
		count_loss(LOSS_QUESTION);
		return;
	}
	state->question_bytes = at + size_bytes;
}

static __always_inline void count_call(struct thread_state *state, __u32 cause)
{
	__u32 kind = cause - CAUSE_DATABASE;

	if (kind < CALLS_KINDS)
		state->calls_count[kind]++;
}

static __always_inline void count_opened_by_request(struct thread_state *state, __u32 cause)
{
	__u32 kind = cause - CAUSE_DATABASE;

	if (kind < CALLS_KINDS && state->request.opened_count[kind] < 255)
		state->request.opened_count[kind]++;
}

// Whether the thread's question went to `sk`, and not to one that had its address before.
static __always_inline bool is_asked(const struct thread_state *state, const struct sock *sk,
				     __u16 port)
{
	return state->question_socket == (__u64)sk && state->question_port == port;
}

// Several sends without an answer in between are one question: a head and a body, a pipeline.
static __always_inline void ask(struct thread_state *state, struct sock *sk, __u16 port,
				const struct wait_target *target, const struct peer *peer,
				const struct payload *payload, __u64 sent_bytes)
{
	bool goes_on = is_asked(state, sk, port) && !state->question_answered;

	if (!goes_on) {
		state->question_socket = (__u64)sk;
		state->question_port = port;
		state->question_answered = false;
		state->question_cause = peer->cause;
		state->question_target = *target;
		state->question_bytes = 0;
		state->asked_bytes = 0;
		count_call(state, peer->cause);
		remember_asked(state);
	} else if (state->question_bytes != state->asked_bytes) {
		// Something is missing in between: nothing may follow it.
		state->asked_bytes += sent_bytes;
		return;
	}
	state->asked_bytes += sent_bytes;
	append_question(state, payload);
}

// What is asked outside of requests is not kept; that an answer may come is.
static __always_inline void ask_outside(struct thread_state *state, struct sock *sk, __u16 port,
					const struct peer *peer)
{
	state->question_socket = (__u64)sk;
	state->question_port = port;
	state->question_answered = false;
	state->question_cause = peer->cause;
	state->question_bytes = 0;
	state->asked_bytes = 0;
}

// A watched thread sends something to a peer.
static __always_inline void talk(struct thread_state *state, struct sock *sk, __u16 port,
				 const struct syscall *syscall, __u64 sent_bytes)
{
	struct payload payload = find_payload(syscall, sent_bytes);
	struct wait_target target = {};
	struct peer peer;

	read_peer(sk, &target);
	if (is_unconnected(&target))
		read_destination(syscall, &target);
	if (target.target_kind == TARGET_NONE)
		return;
	peer = learn_peer(sk, &target, &payload, sent_bytes);
	if (is_first_sent(sk, &target, sent_bytes)) {
		count_opened(&target);
		if (state->request_socket)
			count_opened_by_request(state, peer.cause);
	}
	if (state->request_socket)
		ask(state, sk, port, &target, &peer, &payload, sent_bytes);
	else
		ask_outside(state, sk, port, &peer);
}

enum transaction_word {
	TRANSACTION_NOT_TOLD,
	TRANSACTION_OPEN,
	TRANSACTION_ENDED,
};

// PostgreSQL ends each answer with ReadyForQuery: 'Z', a length of 5, and 'I' outside of a
// transaction, 'T' in one, 'E' in one that has failed. `end` is the answer's.
static __always_inline enum transaction_word word_of_postgresql(const __u8 *end)
{
	const __u8 *ready = end + ANSWER_END_BYTES - READY_FOR_QUERY_BYTES;

	if (ready[0] != 'Z' || big_endian(ready + 1) != 5)
		return TRANSACTION_NOT_TOLD;
	if (ready[5] == 'T' || ready[5] == 'E')
		return TRANSACTION_OPEN;
	return ready[5] == 'I' ? TRANSACTION_ENDED : TRANSACTION_NOT_TOLD;
}

// MySQL's status, whose lowest bit says that a transaction is open, stands at the end of rows (EOF:
// length 5, 0xfe, warnings, status; newer: length 7, 0xfe, 0, 0, status, warnings) and of an OK
// without text (length 7, 0, rows, id, status, warnings). An OK with text tells nothing.
static __always_inline enum transaction_word word_of_mysql(const __u8 *end)
{
	__u64 first = first_eight(end);
	__u32 ok_status = first & 0xff;
	__u32 eof_status = end[ANSWER_END_BYTES - 2];

	// Or clang chooses between two pointers, which the verifier refuses.
	barrier_var(ok_status);
	barrier_var(eof_status);
	if ((first >> 24 & 0xffffff) == 0x050000 && (first >> 8 & 0xff) == 0xfe)
		return eof_status & 1 ? TRANSACTION_OPEN : TRANSACTION_ENDED;
	if (first >> 40 == 0x070000 &&
	    ((first >> 24 & 0xff) == 0 || (first >> 8 & 0xffffff) == 0xfe0000))
		return ok_status & 1 ? TRANSACTION_OPEN : TRANSACTION_ENDED;
	return TRANSACTION_NOT_TOLD;
}

// What ends in another way goes on.
static __always_inline enum transaction_word word_of_answer(const struct payload *payload)
{
	__u8 end[ANSWER_END_BYTES] = {};
	enum transaction_word word;

	if (payload->size_bytes >= sizeof(end)) {
		if (bpf_probe_read_user(end, sizeof(end),
					payload->bytes + payload->size_bytes - sizeof(end)))
			return TRANSACTION_NOT_TOLD;
	} else if (payload->size_bytes < READY_FOR_QUERY_BYTES ||
		   bpf_probe_read_user(
			   end + ANSWER_END_BYTES - READY_FOR_QUERY_BYTES, READY_FOR_QUERY_BYTES,
			   payload->bytes + payload->size_bytes - READY_FOR_QUERY_BYTES)) {
		return TRANSACTION_NOT_TOLD;
	}
	word = word_of_postgresql(end);
	return word == TRANSACTION_NOT_TOLD ? word_of_mysql(end) : word;
}

// `syscall` has received the answer of the peer that the thread has asked. A function of its own
// for the verifier: see classify(). Returns 0.
__weak __noinline int note_transaction(struct thread_state *state, const struct syscall *syscall,
				       __u64 received_bytes)
{
	struct payload payload;
	__u64 socket;

	if (!state || !syscall)
		return 0;
	socket = state->question_socket;
	payload = find_payload(syscall, received_bytes);
	if (!payload.bytes || payload.size_bytes != received_bytes)
		return 0;
	switch (word_of_answer(&payload)) {
	case TRANSACTION_OPEN:
		if (state->transaction_socket != socket)
			transaction_opened(socket);
		state->transaction_socket = socket;
		state->transaction_port = state->question_port;
		break;
	case TRANSACTION_ENDED:
		transaction_ended(socket);
		if (state->transaction_socket == socket)
			state->transaction_socket = 0;
		break;
	default:
		break;
	}
	return 0;
}

static __always_inline void note_answer(struct thread_state *state, struct sock *sk, __u16 port,
					const struct syscall *syscall, __u64 received_bytes)
{
	if (!is_asked(state, sk, port))
		return;
	state->question_answered = true;
	if (state->question_cause == CAUSE_DATABASE)
		note_transaction(state, syscall, received_bytes);
}
