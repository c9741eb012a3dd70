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

// Of the function at whose probe, with this cookie, the thread is.
static __always_inline __u64 probed_argument(struct pt_regs *ctx, __u64 cookie, int number)
{
	if (!(cookie & ALLOCATION_MOVED))
		return argument(ctx, number);
	return register_value(ctx, cookie >> (ALLOCATION_REGISTERS_SHIFT + 4 * (number - 1)) & 0xf);
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
	first = probed_argument(ctx, call, 1);
	second = probed_argument(ctx, call, 2);
	// Outside of requests only what is freed matters.
	if (!request_received(thread)) {
		if ((call & ALLOCATION_CALL_MASK) == ALLOCATION_REALLOC && first)
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
	switch (call & ALLOCATION_CALL_MASK) {
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
		bytes = probed_argument(ctx, call, 3);
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
	forget_block(probed_argument(ctx, bpf_get_attach_cookie(ctx), 1), task->tgid);
	return 0;
}

#define PAGE_MASK 4095ULL
// include/uapi/asm-generic/mman-common.h
#define MAP_ANONYMOUS 0x20
#define MAP_STACK 0x20000

// Whether the system call is made by the process's own code. glibc's mmap() pushes nothing, so what
// the stack ends with is where it returns to.
static __always_inline bool is_own_call(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u32 tgid = task->tgid;
	struct own_code *own = bpf_map_lookup_elem(&own_code, &tgid);
	__u64 caller;

	if (!own)
		return true;
	caller = user_word(BPF_CORE_READ(regs, sp));
	if (!caller)
		return true;
	for (__u32 i = 0; i < MOST_OWN_CODE; i++) {
		if (caller >= own->ranges[i].begin && caller < own->ranges[i].end)
			return true;
	}
	return false;
}

// Memory of no file that code makes for itself, beside the allocator: as an allocation of whole
// pages. What cannot be used yet, and threads' stacks, are none.
SEC("tp/syscalls/sys_enter_mmap")
int mapping_begins(struct syscall_enter *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *thread = state_of(task);
	__u64 bytes = (ctx->args[1] + PAGE_MASK) & ~PAGE_MASK;
	struct allocation_state *state;

	if (!thread || !request_received(thread))
		return 0;
	if (!ctx->args[2] || (ctx->args[3] & (MAP_ANONYMOUS | MAP_STACK)) != MAP_ANONYMOUS)
		return 0;
	if (is_own_call(task))
		return 0;
	state = allocations_of(task);
	if (!state)
		return 0;
	state->mapping_bytes = 0;
	if (is_sampled(state, bytes)) {
		state->mapping_bytes = bytes;
		state->mapping_interval_bytes = state->pending_interval_bytes;
	}
	return 0;
}

SEC("tp/syscalls/sys_exit_mmap")
int mapping_made(struct syscall_exit *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *thread = state_of(task);
	struct block_key key = { .address = ctx->ret, .tgid = task->tgid };
	struct sampled_block block = { .count = 1 };
	struct allocation_state *state;

	if (!thread)
		return 0;
	state = bpf_task_storage_get(&allocation_states, task, NULL, 0);
	if (!state || !state->mapping_bytes)
		return 0;
	state->pending_bytes = state->mapping_bytes;
	state->pending_interval_bytes = state->mapping_interval_bytes;
	state->mapping_bytes = 0;
	if (ctx->ret < 0 && ctx->ret >= -4095)
		return 0;
	block.ids[0] = __sync_fetch_and_add(&sampled_count, 1) + 1;
	if (send_allocation(state, thread->request.sequence, block.ids[0]) &&
	    bpf_map_update_elem(&sampled_blocks, &key, &block, BPF_ANY)) {
		send_freed(&block, task->tgid);
		count_loss(LOSS_ALLOCATION);
	}
	return 0;
}

// Of a part of one it is not told: what is left of it counts on.
SEC("tp/syscalls/sys_enter_munmap")
int mapping_ends(struct syscall_enter *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (state_of(task))
		forget_block(ctx->args[0], task->tgid);
	return 0;
}

// What was sampled moves along; what it grows by is not looked at.
SEC("tp/syscalls/sys_enter_mremap")
int mapping_moves(struct syscall_enter *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block_key key = { .address = ctx->args[0], .tgid = task->tgid };
	struct allocation_state *state;
	struct sampled_block *found;

	if (!state_of(task))
		return 0;
	found = bpf_map_lookup_elem(&sampled_blocks, &key);
	if (!found)
		return 0;
	state = allocations_of(task);
	if (!state)
		return 0;
	state->remapped = *found;
	state->remapped_address = key.address;
	bpf_map_delete_elem(&sampled_blocks, &key);
	return 0;
}

SEC("tp/syscalls/sys_exit_mremap")
int mapping_moved(struct syscall_exit *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block_key key = { .address = ctx->ret, .tgid = task->tgid };
	struct allocation_state *state;

	if (!state_of(task))
		return 0;
	state = bpf_task_storage_get(&allocation_states, task, NULL, 0);
	if (!state || !state->remapped_address)
		return 0;
	if (ctx->ret < 0 && ctx->ret >= -4095)
		key.address = state->remapped_address;
	state->remapped_address = 0;
	if (bpf_map_update_elem(&sampled_blocks, &key, &state->remapped, BPF_ANY)) {
		send_freed(&state->remapped, task->tgid);
		count_loss(LOSS_ALLOCATION);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
