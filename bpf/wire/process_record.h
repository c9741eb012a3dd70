// A process of a watched server came, executed another program or went.
//
// Sent by bpf/probes/process.bpf.c. Read by agent/decode/process_decoder.cpp.

#pragma once

#include "wire/wire.h"

enum process_event {
	PROCESS_STARTED = 1,
	PROCESS_EXECUTED = 2,
	PROCESS_EXITED = 3,
};

struct process_record {
	__u32 kind;  // RECORD_PROCESS
	__u32 event; // enum process_event
	__u32 tgid;
	__u32 parent_tgid;
	__u64 time_ns;
	// For PROCESS_EXITED:
	__s32 wait_status;   // as waitpid(2) reports it
	__u32 signal;        // the first that asked it to end, 0 when none did
	__u32 sender_tgid;   // of that signal; 0: the kernel
	__u32 out_of_memory; // the kernel killed it to have its memory
};
WIRE_SIZE(struct process_record, 40);
