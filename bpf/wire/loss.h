// What the kernel side could not report or remember, by kind. Counted in the map loss_counts,
// summed over CPUs by agent/collect/, shown to the user in Coverage.

#pragma once

enum loss {
	LOSS_REQUEST,         // a request that found no room in the ring buffer
	LOSS_WAIT,            // likewise a wait
	LOSS_PROCESS,         // likewise a process event
	LOSS_THREAD_STORAGE,  // a thread for which no ledger could be made
	LOSS_CONNECTION,      // a connection that found no room in the map connections
	LOSS_WATCHED_PROCESS, // a forked worker that found no room in watched_processes
	LOSS_HEAD,            // a request whose first bytes could not be read from the process
	LOSS_WAIT_ARGUMENT,   // a poll or select whose argument could not be read: counted as other
	LOSS_PYTHON_STACK,    // a Python stack that found no room in the ring buffer
	LOSS_PYTHON_LAYOUT,   // a forked worker whose layout found no room in python_layouts
	LOSS_QUESTION,   // bytes to a peer that could not be read: a wait without its statement
	LOSS_OUTGOING,   // a new connection to a peer that found no room in opened_counts
	LOSS_ALLOCATION, // an allocation that found no room in the ring buffer or in sampled_blocks
	LOSS_FREED,      // likewise the end of one
	LOSS_TRACEBACK,  // a traceback that could not be read or found no room in the ring buffer
	LOSS_KINDS,
};
