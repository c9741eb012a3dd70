// Conventions every record in bpf/wire/ keeps. A record is written once, in the kernel, and read
// once, in agent/decode/; nothing else may include these files.
//
//  - the first word is its kind: records of all kinds share one ring buffer
//  - fixed-width fields only, ordered so that the compiler inserts no padding
//  - the unit is the last word of the field's name: _ns, _bytes, _count
//  - times are bpf_ktime_get_ns(): CLOCK_MONOTONIC, which stops during suspend
//  - tgid is what userspace calls a pid; tid is a thread. Nothing is named "pid".

#pragma once

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define WIRE_SIZE(record, bytes) static_assert(sizeof(record) == (bytes), "wire format changed")
#else
#define WIRE_SIZE(record, bytes) _Static_assert(sizeof(record) == (bytes), "wire format changed")
#endif

enum record_kind {
	RECORD_REQUEST = 1,
	RECORD_WAIT = 2,
	RECORD_PROCESS = 3,
	RECORD_PYTHON_STACK = 4,
	RECORD_ALLOCATION = 5,
	RECORD_FREED = 6,
	RECORD_TRACEBACK = 7,
};
