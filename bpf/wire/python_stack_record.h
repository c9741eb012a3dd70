// The Python stack of a thread in a wait that took at least the threshold.
//
// Sent by bpf/lib/wait.bpf.h right before the wait_record with the same tid and begin_ns. Read by
// agent/decode/python_stack_decoder.cpp.

#pragma once

#include "wire/wire.h"

#define PYTHON_FRAMES 48

struct python_frame {
	__u64 code_address;      // of the code object; 0 for a frame that is no Python function
	__u32 instruction_bytes; // how far into the code
	__u32 check;             // of the code object, to notice that another one took its address:
		     // its first line, xor the low half of the address of its line table
};
WIRE_SIZE(struct python_frame, 16);

struct python_stack_record {
	__u32 kind; // RECORD_PYTHON_STACK
	__u32 tgid;
	__u32 tid;
	__u32 frames_count;
	__u64 begin_ns; // of the wait
	struct python_frame
		frames[PYTHON_FRAMES]; // innermost first; on the wire cut to frames_count
};
WIRE_SIZE(struct python_stack_record, 24 + 16 * PYTHON_FRAMES);
