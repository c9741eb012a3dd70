// A piece of a Python traceback that a watched thread wrote to a log while it had a request: most
// are written whole. Holds the exception's message too; agent/decode/traceback.cpp leaves it out of
// what it makes of the text.
//
// Sent by bpf/probes/traceback.bpf.c before the record of its request. Read by
// agent/decode/traceback_decoder.cpp.

#pragma once

#include "wire/wire.h"

#define TRACEBACK_BYTES 8192

enum traceback_flags {
	TRACEBACK_BEGINS = 1 << 0, // its first line is among what was written
	TRACEBACK_CUT = 1 << 1,    // more was written than TRACEBACK_BYTES: these are the last ones
};

struct traceback_record {
	__u32 kind; // RECORD_TRACEBACK
	__u32 flags;
	__u32 tgid;
	__u32 tid;
	__u64 sequence; // of the request
	__u32 text_bytes;
	__u32 unused;
	__u8 text[TRACEBACK_BYTES]; // on the wire cut to text_bytes
};
WIRE_SIZE(struct traceback_record, 32 + TRACEBACK_BYTES);
