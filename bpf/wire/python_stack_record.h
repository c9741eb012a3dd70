// A Python stack that explains a wait of at least the threshold: that of the thread that waited, or
// of the one that released the lock that was waited for.
//
// Sent by bpf/lib/wait.bpf.h before the wait_record with the same tid and begin_ns. Read by
// agent/decode/python_stack_decoder.cpp.

#pragma once

#include "wire/wire.h"

#define PYTHON_FRAMES 48

enum python_stack_role {
	PYTHON_STACK_WAITS = 0,
	PYTHON_STACK_RELEASES = 1,
};

struct python_frame {
	__u64 code_address;      // of the code object; 0 for a frame that is no Python function
	__u32 instruction_bytes; // how far into the code
	// Of the code object, to notice that another one took its address: its first line, xor the
	// low half of the address of its line table.
	__u32 check;
};
WIRE_SIZE(struct python_frame, 16);

struct python_stack_record {
	__u32 kind; // RECORD_PYTHON_STACK
	__u32 tgid;
	__u32 tid;      // of the thread that waited
	__u32 role;     // enum python_stack_role
	__u64 begin_ns; // of the wait
	__u32 frames_count;
	__u32 unused;
	// Innermost first; on the wire cut to frames_count.
	struct python_frame frames[PYTHON_FRAMES];
};
WIRE_SIZE(struct python_stack_record, 32 + 16 * PYTHON_FRAMES);
