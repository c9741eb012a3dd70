/* SPDX-License-Identifier: GPL-2.0-only */
//
// The Python stack of the current thread, as addresses: names are for userspace to find. What a
// process's memory says is not trusted; a walk ends at the first thing that cannot be read.

#pragma once

#include "lib/loss.bpf.h"
#include "vmlinux.h"
#include "wire/python_layout.h"
#include "wire/python_stack_record.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

// tgid -> where its CPython keeps things. Written by userspace for processes whose interpreter it
// knows, and at fork. A process without an entry has no stacks.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct python_layout);
	__uint(max_entries, 4096);
} python_layouts __weak SEC(".maps");

static __always_inline struct python_layout *python_layout_of(__u32 tgid)
{
	return bpf_map_lookup_elem(&python_layouts, &tgid);
}

// 0 where nothing can be read (the helper sees to that), and where nothing is.
static __always_inline __u64 user_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (const void *)address);
	return word;
}

// The value of the key under which the interpreter keeps each thread's state. Unlike the variable
// _Py_tss_tstate it stays set while the thread waits without the GIL.
static __always_inline __u64 python_thread_of(const struct python_layout *layout,
					      struct task_struct *task)
{
	__u64 slots = task->thread.fsbase;

	if (layout->slot_table_offset != PYTHON_ABSENT)
		slots = user_word(slots + layout->slot_table_offset);
	return slots ? user_word(slots + layout->slot_offset_bytes) : 0;
}

static __always_inline __u64 innermost_frame(const struct python_layout *layout, __u64 thread)
{
	__u64 frame = user_word(thread + layout->tstate_frame);

	if (frame && layout->cframe_frame != PYTHON_ABSENT)
		frame = user_word(frame + layout->cframe_frame);
	return frame;
}

// No Python function: the interpreter's own frame between two of them.
static __always_inline bool is_foreign(const struct python_layout *layout, __u64 address)
{
	__u8 owner = 0;

	if (layout->frame_owner == PYTHON_ABSENT)
		return false;
	bpf_probe_read_user(&owner, sizeof(owner), (const void *)(address + layout->frame_owner));
	return owner >= layout->first_foreign_owner;
}

static __always_inline __u32 instruction_bytes(const struct python_layout *layout, __u64 address,
					       __u64 code)
{
	__u64 word = user_word(address + layout->frame_instruction);

	switch (layout->instruction) {
	case PYTHON_INSTRUCTION_POINTER:
		return word - code - layout->code_instructions;
	case PYTHON_INSTRUCTION_UNITS:
		return (__u32)word * 2;
	default:
		return word;
	}
}

struct python_cursor {
	__u64 address; // of the frame to read next; 0 at the end
	struct python_frame frame;
};

// Reads one frame and goes on to the one that called it. A function of its own for the verifier,
// which would follow every way through it once for each frame. Returns 0.
__weak __noinline int next_python_frame(const struct python_layout *layout,
					struct python_cursor *cursor)
{
	struct python_frame *frame;
	__u64 address, code;

	if (!layout || !cursor)
		return 0;
	address = cursor->address;
	frame = &cursor->frame;
	frame->code_address = 0;
	frame->instruction_bytes = 0;
	frame->check = 0;
	if (!is_foreign(layout, address)) {
		code = user_word(address + layout->frame_code) & ~(__u64)layout->code_tag_mask;
		frame->code_address = code;
		frame->instruction_bytes = instruction_bytes(layout, address, code);
		frame->check = (__u32)user_word(code + layout->code_first_line) ^
			       (__u32)user_word(code + layout->code_line_table);
	}
	cursor->address = user_word(address + layout->frame_previous);
	return 0;
}

// Fills `stack` with the frames of the current thread, at most PYTHON_FRAMES, innermost first. A
// function of its own for the verifier: see classify(). Returns 0.
__weak __noinline int walk_python_stack(struct python_stack_record *stack)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_cursor cursor = {};
	struct python_layout *layout;
	__u64 thread;
	__u32 count = 0;

	if (!stack)
		return 0;
	layout = python_layout_of(task->tgid);
	thread = layout ? python_thread_of(layout, task) : 0;
	if (layout && thread)
		cursor.address = innermost_frame(layout, thread);

	for (int i = 0; i < PYTHON_FRAMES; i++) {
		if (!layout || !cursor.address)
			break;
		next_python_frame(layout, &cursor);
		stack->frames[i] = cursor.frame;
		count = i + 1;
	}
	stack->frames_count = count;
	return 0;
}

// Whether a futex is one of those that the interpreter's lock is made of.
static __always_inline bool is_gil(__u32 tgid, __u64 futex)
{
	const struct python_layout *layout = python_layout_of(tgid);

	return layout && futex >= layout->gil_begin_address && futex < layout->gil_end_address;
}
