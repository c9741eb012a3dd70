// Where a process's CPython keeps what the probes ask of it. The value of the map python_layouts,
// whose key is a tgid; written by userspace (agent/collect/python_lines.cpp), which knows the
// versions, and copied at fork.

#pragma once

#include "wire/wire.h"

#define PYTHON_ABSENT 0xffff // an offset of something that this version does not have

enum python_instruction {
	PYTHON_INSTRUCTION_BYTES = 0,   // an int: bytes into the code
	PYTHON_INSTRUCTION_UNITS = 1,   // an int: code units of two bytes
	PYTHON_INSTRUCTION_POINTER = 2, // an address inside of the code object
};

struct python_layout {
	__u64 gil_begin_address; // futexes in here: a thread waits for the GIL; 0 when not known
	__u64 gil_end_address;
	__u64 ready_queue_address; // the deque of handles that an asyncio loop is going to run; 0
				   // where none is known
	__u32 slot_offset_bytes; // from the thread pointer to the slot that holds the PyThreadState
	__u16 slot_table_offset; // unless absent: from the thread pointer to a pointer to the table
				 // that slot_offset_bytes counts from
	__u16 tstate_frame;      // the innermost frame, or where the pointer to it is
	__u16 cframe_frame;      // from there to the innermost frame
	__u16 frame_previous;
	__u16 frame_code;
	__u16 frame_instruction;
	__u16 frame_owner;
	__u16 code_first_line;
	__u16 code_line_table;
	__u16 code_instructions;  // where PYTHON_INSTRUCTION_POINTER points into
	__u16 tstate_context;     // the contextvars.Context that the thread is in
	__u16 handle_context;     // and that a handle will be run in
	__u8 first_foreign_owner; // frames with this owner or a greater one are no Python function
	__u8 code_tag_mask;       // bits of frame_code that are no part of the address
	__u8 instruction;         // enum python_instruction
	__u8 unused;
};
WIRE_SIZE(struct python_layout, 56);
