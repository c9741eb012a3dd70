// Why a process is watched. Written into the map watched_processes by both sides.

#pragma once

enum watched_role {
	WATCHED_NOT = 0,
	WATCHED_MASTER = 1, // serves nothing; what it forks are workers
	WATCHED_WORKER = 2, // each of its threads has a ledger
	// The same of a server whose workers run event loops: each thread of these may serve many
	// requests in turns.
	WATCHED_LOOP_MASTER = 3,
	WATCHED_LOOP_WORKER = 4,
	// One of its threads receives all requests and hands them to others.
	WATCHED_HANDOVER_WORKER = 5,
};
