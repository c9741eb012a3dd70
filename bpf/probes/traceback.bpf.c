/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which exception a request ended with: the server or the framework writes its traceback to a log.
//
//   sys_enter_write   a watched thread that has a request writes; is it a traceback?
//
// Attached when the first request was answered with an error, as the tracepoint is not free for the
// writes of others.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/records.bpf.h"
#include "lib/thread_state.bpf.h"
#include "wire/traceback_record.h"

enum {
	// "Traceback (most recent call last):" and its line's end.
	FIRST_LINE_BYTES = 35,
	// Where it has to begin: a log puts a line of its own ahead.
	SEARCHED_BYTES = 2048,
	// Of one that is written line by line.
	MOST_PIECES = 128,
};

#define TRACEBAC 0x6361626563617254ULL // "Tracebac", as a word
#define K_MOST 0x2074736f6d28206bULL   // "k (most "

struct traceback_text {
	struct traceback_record record;
	__u8 slack[TRACEBACK_BYTES]; // lets the verifier see that reading stays inside
};

// Where a text is put together. Programs on one CPU do not interrupt each other in this.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct traceback_text);
	__uint(max_entries, 1);
} traceback_texts SEC(".maps");

// Where the first line begins in the record's text; -1 where there is none. A function of its own
// for the verifier: see classify().
__weak __noinline int find_first_line(const struct traceback_record *record)
{
	__u32 size_bytes;

	if (!record)
		return -1;
	size_bytes = record->text_bytes;
	for (__u32 i = 0; i < SEARCHED_BYTES; i++) {
		const __u64 *words = (const __u64 *)(record->text + i);

		if (i + FIRST_LINE_BYTES - 1 > size_bytes)
			return -1;
		if (words[0] == TRACEBAC && words[1] == K_MOST)
			return i;
	}
	return -1;
}

static __always_inline bool read_text(struct traceback_record *record, const void *bytes,
				      __u64 size_bytes)
{
	record->text_bytes = 0;
	if (size_bytes > TRACEBACK_BYTES)
		size_bytes = TRACEBACK_BYTES;
	// Keeps the compiler from bounding a copy of it only.
	barrier_var(size_bytes);
	size_bytes &= 2 * TRACEBACK_BYTES - 1;
	if (bpf_probe_read_user(record->text, size_bytes, bytes)) {
		count_loss(LOSS_TRACEBACK);
		return false;
	}
	record->text_bytes = size_bytes;
	return true;
}

static __always_inline void send_text(struct traceback_record *record, struct task_struct *task,
				      const struct thread_state *state)
{
	__u64 text_bytes = record->text_bytes & (2 * TRACEBACK_BYTES - 1);

	record->kind = RECORD_TRACEBACK;
	record->tgid = task->tgid;
	record->tid = task->pid; // the kernel's "pid" is one thread
	record->sequence = state->request.sequence;
	record->unused = 0;
	if (text_bytes > TRACEBACK_BYTES)
		return;
	if (!send_record(record, __builtin_offsetof(struct traceback_record, text) + text_bytes))
		count_loss(LOSS_TRACEBACK);
}

// What is written may be the next line of a traceback of which the thread has written the first.
static __always_inline bool goes_on(const struct thread_state *state, __u64 fd)
{
	return state->traceback_pieces_count && state->traceback_fd == fd &&
	       state->traceback_sequence == state->request.sequence;
}

static __always_inline void next_piece(struct thread_state *state, struct traceback_record *record)
{
	// All lines but the last are indented.
	state->traceback_pieces_count =
		record->text[0] == ' ' ? state->traceback_pieces_count - 1 : 0;
}

static __always_inline void first_piece(struct thread_state *state, __u64 fd, bool only_first_line)
{
	state->traceback_fd = fd;
	state->traceback_sequence = state->request.sequence;
	state->traceback_pieces_count = only_first_line ? MOST_PIECES : 0;
}

SEC("tp/syscalls/sys_enter_write")
int traceback_write(struct syscall_enter *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const void *bytes = (const void *)ctx->args[1];
	__u64 size_bytes = ctx->args[2];
	struct traceback_record *record;
	struct traceback_text *text;
	struct thread_state *state;
	__u32 zero = 0;
	int begin;

	state = state_of(task);
	if (!state || !request_received(state) || !size_bytes)
		return 0;
	text = bpf_map_lookup_elem(&traceback_texts, &zero);
	if (!text)
		return 0;
	record = &text->record;
	record->flags = 0;
	if (goes_on(state, ctx->args[0])) {
		if (!read_text(record, bytes, size_bytes))
			return 0;
		next_piece(state, record);
		send_text(record, task, state);
		return 0;
	}
	if (size_bytes < FIRST_LINE_BYTES || !read_text(record, bytes, size_bytes))
		return 0;
	begin = find_first_line(record);
	if (begin < 0)
		return 0;
	first_piece(state, ctx->args[0], (__u64)begin + FIRST_LINE_BYTES >= size_bytes);
	record->flags = TRACEBACK_BEGINS;
	if (size_bytes > TRACEBACK_BYTES) {
		// The exception stands at the end.
		if (!read_text(record, bytes + size_bytes - TRACEBACK_BYTES, TRACEBACK_BYTES))
			return 0;
		record->flags |= TRACEBACK_CUT;
	}
	send_text(record, task, state);
	return 0;
}
