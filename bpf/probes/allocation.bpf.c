/* SPDX-License-Identifier: GPL-2.0-only */
//
// What requests allocate and do not free. Attached on demand, to the allocator of a few workers.
//
// Every probe here interrupts the thread that allocates, so what is not sampled leaves at once:
// at the entry it costs a subtraction, and its return is not looked at where the kernel lets the
// program choose (v6.13 and newer). A free is one look-up.

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/allocation.bpf.h"
#include "lib/arch.bpf.h"

extern bool bpf_session_is_return(void) __ksym __weak; // v6.13

static __always_inline struct allocation_state *allocations_of(struct task_struct *task)
{
	struct allocation_state *state = bpf_task_storage_get(&allocation_states, task, NULL,
							      BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!state)
		count_loss(LOSS_THREAD_STORAGE);
	return state;
}

// What glibc's allocator says of a block in the word in front of it: its size with that word, and
// in the lowest bits, among others, that it has a mapping of its own, which has one more word.
static __always_inline __u64 glibc_block_bytes(__u64 address)
{
	__u64 word = user_word(address - 8);
	__u64 overhead_bytes = word & 2 ? 16 : 8;
	__u64 bytes = word & ~7ULL;

	return bytes > overhead_bytes ? bytes - overhead_bytes : 0;
}

// Where the size of a block is known, one that grows keeps what was sampled of it, and only what it
// grows by counts. Else it counts as freed and allocated anew. Returns how many bytes count.
static __always_inline __u64 begin_realloc(struct allocation_state *state, __u64 block, __u64 bytes,
					   bool glibc, __u32 tgid)
{
	struct block_key key = { .address = block, .tgid = tgid };
	struct sampled_block *found;
	__u64 old_bytes;

	if (!block)
		return bytes;
	old_bytes = glibc && bytes ? glibc_block_bytes(block) : 0;
	if (!old_bytes || bytes < old_bytes) {
		forget_block(block, tgid);
		return bytes;
	}
	found = bpf_map_lookup_elem(&sampled_blocks, &key);
	if (found) {
		state->moved = *found;
		state->pending_block = block;
		// Another thread may be given the old place before this call returns.
		bpf_map_delete_elem(&sampled_blocks, &key);
	}
	return bytes - old_bytes;
}

// Whether the call's return is wanted. Calls that the allocator makes to itself while one is open
// are its own business.
static __always_inline bool enter(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *thread = state_of(task);
	struct allocation_state *state;
	__u64 call, first, second, bytes;

	if (!thread)
		return false;
	count_hit(HIT_ENTRY);
	call = bpf_get_attach_cookie(ctx);
	first = argument(ctx, 1);
	second = argument(ctx, 2);
	// Outside of requests only what is freed matters.
	if (!request_received(thread)) {
		if ((call & ~(__u64)ALLOCATION_GLIBC) == ALLOCATION_REALLOC && first)
			forget_block(first, task->tgid);
		return false;
	}
	state = allocations_of(task);
	if (!state)
		return false;
	if (state->stack_pointer > stack_pointer(ctx))
		return false;
	state->stack_pointer = 0;
	state->moved.count = 0;
	state->pending_block = 0;
	state->pending_pointer = 0;
	switch (call & ~(__u64)ALLOCATION_GLIBC) {
	case ALLOCATION_MALLOC:
		bytes = first;
		break;
	case ALLOCATION_CALLOC:
		bytes = first * second;
		break;
	case ALLOCATION_ALIGNED:
		bytes = second;
		break;
	case ALLOCATION_POSIX_MEMALIGN:
		bytes = argument(ctx, 3);
		state->pending_pointer = first;
		break;
	default:
		bytes = begin_realloc(state, first, second, call & ALLOCATION_GLIBC, task->tgid);
	}
	state->pending_bytes = is_sampled(state, bytes) ? bytes : 0;
	if (!state->pending_bytes && !state->moved.count)
		return false;
	state->stack_pointer = stack_pointer(ctx);
	return true;
}

static __always_inline void leave(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *thread = state_of(task);
	struct block_key key = { .tgid = task->tgid };
	struct allocation_state *state;
	struct sampled_block *block;
	__u64 id;

	if (!thread)
		return;
	count_hit(HIT_RETURN);
	state = bpf_task_storage_get(&allocation_states, task, NULL, 0);
	// The return address is gone from the stack by now.
	if (!state || !state->stack_pointer || state->stack_pointer + 8 != stack_pointer(ctx))
		return;
	state->stack_pointer = 0;
	key.address = returned_value(ctx);
	if (state->pending_pointer)
		key.address = key.address ? 0 : user_word(state->pending_pointer);
	block = &state->moved;
	if (!key.address) { // refused; what realloc() was given stays
		key.address = state->pending_block;
		state->pending_bytes = 0;
	}
	if (state->pending_bytes) {
		id = block->count < MOST_SAMPLES ? __sync_fetch_and_add(&sampled_count, 1) + 1
						 : block->ids[MOST_SAMPLES - 1];
		if (send_allocation(state, thread->request.sequence, id) &&
		    block->count < MOST_SAMPLES) {
			block->ids[block->count & (MOST_SAMPLES - 1)] = id;
			block->count += 1;
		}
	}
	if (block->count && bpf_map_update_elem(&sampled_blocks, &key, block, BPF_ANY)) {
		// Nobody would see it freed.
		send_freed(block, task->tgid);
		count_loss(LOSS_ALLOCATION);
	}
}

SEC("uprobe")
int allocation_session(struct pt_regs *ctx)
{
	if (bpf_session_is_return()) {
		leave(ctx);
		return 0;
	}
	return enter(ctx) ? 0 : 1; // 1: not at the return
}

SEC("uprobe")
int allocation_entry(struct pt_regs *ctx)
{
	enter(ctx);
	return 0;
}

SEC("uprobe")
int allocation_return(struct pt_regs *ctx)
{
	leave(ctx);
	return 0;
}

SEC("uprobe")
int allocation_free(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!state_of(task))
		return 0;
	count_hit(HIT_FREE);
	forget_block(argument(ctx, 1), task->tgid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
