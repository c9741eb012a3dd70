/* SPDX-License-Identifier: GPL-2.0-only */
//
// Which allocations are sampled, and which of those have not been freed yet.

#pragma once

#include "lib/loss.bpf.h"
#include "lib/python_stack.bpf.h"
#include "lib/records.bpf.h"
#include "lib/thread_state.bpf.h"
#include "vmlinux.h"
#include "wire/allocation_record.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

// A byte in so many is sampled. Written by userspace at any time.
volatile __u64 sample_interval_bytes = 16384;

// log_fraction[i]: ln(1 + (i + 1/2) / 256), in 65536ths. Set before load: there is no logarithm
// here.
const volatile __u32 log_fraction[256] = {};

#define LOG_2 45426 // ln 2, in 65536ths
#define MOST_BYTES (1ULL << 40)
#define MOST_SAMPLES 4 // of one block that realloc() makes grow; the rest join the last of them

struct block_key {
	__u64 address;
	__u64 tgid;
};

// What was sampled of one block: the ids of records.
struct sampled_block {
	__u64 ids[MOST_SAMPLES];
	__u32 count;
	__u32 unused;
};

// Blocks that were sampled and have not been freed. Written by the probes; userspace takes out
// those of processes that are gone.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct block_key);
	__type(value, struct sampled_block);
	__uint(max_entries, 65536);
} sampled_blocks SEC(".maps");

struct allocation_state {
	bool started;
	__s64 bytes_left; // until the next sample

	// Between a function's entry and its return; stack_pointer is 0 otherwise.
	__u64 stack_pointer;
	__u64 pending_bytes; // sampled; 0 when the call only moves what was sampled before
	__u64 pending_interval_bytes;
	__u64 pending_block;   // that realloc() was given
	__u64 pending_pointer; // where posix_memalign() puts the address
	struct sampled_block moved;

	// Between the entry of mmap() or mremap() and its return; 0 otherwise.
	__u64 mapping_bytes;
	__u64 mapping_interval_bytes;
	__u64 remapped_address;
	struct sampled_block remapped;

	struct allocation_record record;
};

// thread -> the above. Goes with the thread.
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct allocation_state);
} allocation_states SEC(".maps");

// tgid -> its own code, where mappings of others are looked at. Written by userspace.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct own_code);
	__uint(max_entries, 64);
} own_code SEC(".maps");

enum allocation_hit {
	HIT_ENTRY,
	HIT_RETURN,
	HIT_FREE,
	HIT_KINDS,
};

// enum allocation_hit -> how often, per CPU. Written by the probes, read by userspace, which knows
// what one costs.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, HIT_KINDS);
} allocation_hits SEC(".maps");

__u64 sampled_count; // numbers the records

static __always_inline void count_hit(enum allocation_hit kind)
{
	__u32 key = kind;
	__u64 *count = bpf_map_lookup_elem(&allocation_hits, &key);

	if (count)
		*count += 1;
}

// Of a number that is not 0. clang 14 has no such instruction for BPF.
static __always_inline __u32 leading_zeros(__u32 number)
{
	__u32 zeros = 0;

	for (__u32 step = 16; step; step /= 2) {
		if (!(number >> (32 - step))) {
			zeros += step;
			number <<= step;
		}
	}
	return zeros;
}

// How many bytes lie before the next one to be sampled: exponentially distributed, as the gaps of
// independent draws are. -ln(u) of an evenly distributed u, as the sum of its power of two and a
// table's value.
static __always_inline __s64 draw_gap_bytes(__u64 interval_bytes)
{
	__u32 random = bpf_get_prandom_u32() | 1;
	__u32 zeros = leading_zeros(random);
	__u32 fraction = zeros < 31 ? random << (zeros + 1) : 0;
	__u32 logarithm = (zeros + 1) * LOG_2 - log_fraction[(fraction >> 24) & 0xff];

	return (interval_bytes * logarithm >> 16) + 1;
}

// Whether one of these bytes is sampled.
static __always_inline bool is_sampled(struct allocation_state *state, __u64 size_bytes)
{
	__u64 interval_bytes = sample_interval_bytes;

	if (!state->started) {
		state->started = true;
		state->bytes_left = draw_gap_bytes(interval_bytes);
	}
	if (size_bytes > MOST_BYTES)
		size_bytes = MOST_BYTES;
	state->bytes_left -= size_bytes;
	if (state->bytes_left > 0)
		return false;
	state->bytes_left = draw_gap_bytes(interval_bytes);
	state->pending_interval_bytes = interval_bytes;
	return true;
}

// Tells that what was sampled of a block is freed.
static __always_inline void send_freed(const struct sampled_block *block, __u32 tgid)
{
	struct freed_record record = {
		.kind = RECORD_FREED,
		.tgid = tgid,
		.time_ns = bpf_ktime_get_ns(),
	};

	for (__u32 i = 0; i < MOST_SAMPLES; i++) {
		if (i >= block->count)
			break;
		record.id = block->ids[i];
		if (!send_record(&record, sizeof(record)))
			count_loss(LOSS_FREED);
	}
}

static __always_inline void forget_block(__u64 address, __u32 tgid)
{
	struct block_key key = { .address = address, .tgid = tgid };
	struct sampled_block *found = bpf_map_lookup_elem(&sampled_blocks, &key);
	struct sampled_block block;

	if (!found)
		return;
	block = *found;
	bpf_map_delete_elem(&sampled_blocks, &key);
	send_freed(&block, tgid);
}

// Fills in the rest of the record and sends it. A function of its own for the verifier: see
// classify(). Returns whether it was sent.
__weak __noinline int send_allocation(struct allocation_state *state, __u64 sequence, __u64 id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct allocation_record *record;
	__u32 frames;

	if (!state)
		return 0;
	record = &state->record;
	record->kind = RECORD_ALLOCATION;
	record->tgid = task->tgid;
	record->tid = task->pid;
	record->id = id;
	record->time_ns = bpf_ktime_get_ns();
	record->sequence = sequence;
	record->size_bytes = state->pending_bytes;
	record->interval_bytes = state->pending_interval_bytes;
	record->stack.kind = RECORD_PYTHON_STACK;
	record->stack.tgid = task->tgid;
	record->stack.tid = task->pid;
	record->stack.role = PYTHON_STACK_WAITS;
	record->stack.begin_ns = record->time_ns;
	walk_python_stack(&record->stack);
	frames = record->stack.frames_count;
	if (frames > PYTHON_FRAMES)
		return 0;
	if (!send_record(record, __builtin_offsetof(struct allocation_record, stack.frames) +
					 frames * sizeof(struct python_frame))) {
		count_loss(LOSS_ALLOCATION);
		return 0;
	}
	return 1;
}
