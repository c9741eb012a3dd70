// An allocation that was sampled, and the end of one.
//
// Sent by bpf/probes/allocation.bpf.c. Read by agent/decode/allocation_decoder.cpp.

#pragma once

#include "wire/python_stack_record.h"
#include "wire/wire.h"

// Which function a probe is at, as its cookie says.
enum allocation_call {
	ALLOCATION_MALLOC = 0,         // (bytes), and valloc, pvalloc
	ALLOCATION_CALLOC = 1,         // (count, bytes)
	ALLOCATION_REALLOC = 2,        // (block, bytes)
	ALLOCATION_ALIGNED = 3,        // (alignment, bytes): memalign, aligned_alloc
	ALLOCATION_POSIX_MEMALIGN = 4, // (block *, alignment, bytes)
	// Or-ed to ALLOCATION_REALLOC: the word in front of a block says how large it is.
	ALLOCATION_GLIBC = 1 << 8,
	// Or-ed to all: an argument may have been copied from its register to another before the
	// instruction at which the probe is, and its own be in use for something else.
	ALLOCATION_MOVED = 1 << 9,
	// Then the processor's numbers of the registers that hold the first three, four bits each.
	ALLOCATION_REGISTERS_SHIFT = 16,
};
#define ALLOCATION_CALL_MASK 0xff

// Code of a process whose own mappings are not looked at: of its allocator and its C library, which
// map what they hand out as blocks, and of the interpreter, whose small objects are counted
// otherwise. What is not used is 0.
#define MOST_OWN_CODE 8
struct code_range {
	__u64 begin;
	__u64 end;
};
struct own_code {
	struct code_range ranges[MOST_OWN_CODE];
};

// Each byte has the same chance to be sampled, one in interval_bytes; an allocation is when one of
// its bytes is. So one of s bytes stands for s / (1 - exp(-s / interval_bytes)).
struct allocation_record {
	__u32 kind; // RECORD_ALLOCATION
	__u32 tgid;
	__u32 tid;
	__u32 unused;
	__u64 id;       // several have the same where a block grew often: they are freed together
	__u64 time_ns;  // when it returned
	__u64 sequence; // of the request
	__u64 size_bytes;
	__u64 interval_bytes;
	struct python_stack_record stack; // on the wire cut to its frames
};
WIRE_SIZE(struct allocation_record, 56 + sizeof(struct python_stack_record));

struct freed_record {
	__u32 kind; // RECORD_FREED
	__u32 tgid;
	__u64 id;
	__u64 time_ns;
};
WIRE_SIZE(struct freed_record, 24);
