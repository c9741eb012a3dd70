/* SPDX-License-Identifier: GPL-2.0-only */
//
// A thread that serves many requests in turns. What it works for is read off the sockets that it
// touches: bytes moved on an accepted connection are its request's, those on an outgoing one are
// the request's that it was last used for, and a call that would block ends that request's turn.
//
// The request whose turn it is lies in the thread's state, as on every other thread, so all that
// is done to requests elsewhere holds here too. The others are parked. While one is parked, the
// thread's time counts for it as
//
//   what it waits for   until it was ready
//   event_loop          from then on: others held the thread
//
// When it was ready shows by the loop's rounds, each of which begins as the loop looks for what is
// ready: what is run in one was not ready when the loop looked before. If the loop had to wait, it
// was not ready until that wait was over. A task of asyncio whose timer or future is ready is run
// one round later than that.
//
// A *cut* is a point of the thread's ledger up to which time has been given to someone. What
// passed since the latest cut belongs to the request whose turn shows next.

#pragma once

#include "lib/ledger.bpf.h"
#include "lib/loop_state.bpf.h"
#include "lib/loop_task.bpf.h"
#include "lib/records.bpf.h"
#include "lib/request.bpf.h"
#include "lib/thread_state.bpf.h"

enum {
	// The loop's own work between two of its waits is less.
	UNSEEN_TURN_NS = 50000,
};

// The ledger but for what was spent in the loop's own wait.
static __always_inline __u64 busy_ns_of(const struct thread_state *state)
{
	return state->since_ns - state->born_ns - state->spent_ns[CAUSE_IDLE];
}

static __always_inline void cut(struct thread_state *state)
{
	__builtin_memcpy(state->loop.cut_spent_ns, state->spent_ns, sizeof(state->spent_ns));
	state->loop.cut_busy_ns = busy_ns_of(state);
}

// Until it says otherwise: a timer, another task, a thread.
static __always_inline void expect_no_socket(struct thread_state *state)
{
	struct task_wait wait = { .cause = CAUSE_SLEEP };

	state->loop.wait = wait;
}

// Keeps the number of open requests. To be called whenever the thread's request may have begun,
// been responded to, or ended.
static __always_inline void count_open(struct thread_state *state)
{
	bool open = request_received(state) && !state->request.sent_bytes;
	__u64 socket = state->loop.counted_socket;

	if (open == (socket != 0))
		return;
	if (open)
		socket = state->request_socket;
	state->loop.counted_socket = open ? socket : 0;
	state->loop.open_count += open ? 1 : -1;
	state->loop.open_sockets ^= socket;
}

static __always_inline struct parked_request *parking_place(__u64 socket)
{
	static const struct parked_request nothing;
	struct parked_request *parked = bpf_map_lookup_elem(&parked_requests, &socket);

	if (parked)
		return parked;
	if (bpf_map_update_elem(&parked_requests, &socket, &nothing, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&parked_requests, &socket);
}

// Parks the thread's request as it was at the latest cut; nobody's turn then. A function of its own
// for the verifier: see classify(). Returns 0.
__weak __noinline int park_request(struct thread_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct parked_request *parked;

	if (!state || !state->request_socket)
		return 0;
	if (is_unreported(state))
		send_request(state);
	parked = parking_place(state->request_socket);
	if (!parked) {
		if (request_received(state) && !state->reported)
			count_loss(LOSS_REQUEST);
		state->request_socket = 0;
		count_open(state);
		return 0;
	}
	bpf_probe_read_kernel(&parked->request, sizeof(parked->request), &state->request);
	for (int i = 0; i < CAUSE_COUNT; i++)
		parked->spent_ns[i] = state->loop.cut_spent_ns[i] - state->begin_spent_ns[i];
	parked->spent_ns[CAUSE_IDLE] = 0;
	parked->minor_faults_count = task->min_flt - state->begin_minor_faults_count;
	parked->major_faults_count = task->maj_flt - state->begin_major_faults_count;
	parked->idle_ns = state->spent_ns[CAUSE_IDLE];
	parked->busy_ns = state->loop.cut_busy_ns;
	parked->wait = state->loop.wait;
	parked->transaction_socket = state->transaction_socket;
	parked->transaction_port = state->transaction_port;
	__builtin_memcpy(parked->calls_count, state->calls_count, sizeof(state->calls_count));
	parked->connection = state->connection;
	parked->port = state->request_port;
	parked->connection_saved = state->connection_saved;
	parked->unreported = state->unreported;
	parked->reported = state->reported;
	parked->counted = state->loop.counted_socket != 0;
	state->request_socket = 0;
	state->loop.counted_socket = 0;
	return 0;
}

// From where on a request that was parked and runs now counts as ready, in the ledger without idle.
static __always_inline __u64 ready_busy_ns(const struct thread_state *state,
					   const struct parked_request *parked)
{
	const struct loop_state *loop = &state->loop;
	__u64 since_ns = loop->looks_busy_ns[1];

	if (state->spent_ns[CAUSE_IDLE] > loop->look_idle_ns)
		since_ns = loop->looks_busy_ns[0];
	else if (loop->has_tasks && !parked->wait.socket && !loop->last_look_waited)
		since_ns = loop->looks_busy_ns[2];
	if (since_ns > state->loop.cut_busy_ns)
		since_ns = state->loop.cut_busy_ns;
	return since_ns > parked->busy_ns ? since_ns : parked->busy_ns;
}

// A parked request's wait leaves a record as any other does. It is as long as what counts as its
// cause: the part in which others held the thread is not in it.
static __always_inline void tell_task_wait(const struct thread_state *state,
					   const struct parked_request *parked, __u64 waited_ns)
{
	// Without a question, for which a program's stack has no room.
	__u64 bytes[__builtin_offsetof(struct wait_record, question) / sizeof(__u64)] = {};
	struct wait_record *record = (struct wait_record *)bytes;

	if (waited_ns < wait_threshold_ns || !is_received(&parked->request))
		return;
	// Between two requests of its connection.
	if (parked->request.sent_bytes && parked->wait.cause == CAUSE_CLIENT_READ)
		return;
	record->kind = RECORD_WAIT;
	record->cause = parked->wait.cause;
	record->tgid = parked->request.tgid;
	record->tid = parked->request.tid;
	record->sequence = parked->request.sequence;
	record->begin_ns = state->born_ns + parked->idle_ns + parked->busy_ns;
	record->end_ns = record->begin_ns + waited_ns;
	record->syscall = state->loop.syscall;
	record->target = parked->wait.target;
	record->flags = WAIT_INTERLEAVED;
	if (!send_record(record, sizeof(bytes)))
		count_loss(LOSS_WAIT);
}

// Makes the parked request of `socket` the thread's, from the latest cut on. Returns whether there
// is one. `begins_now` says that its turn begins at this moment and not at the latest cut: what
// passed since that was still the turn of the one before.
__weak __noinline int turn_to(struct thread_state *state, __u64 socket, int begins_now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct parked_request *parked;
	__u64 waited_ns, ready_ns;
	__u32 cause;

	if (!state || !socket)
		return 0;
	if (state->request_socket == socket)
		return 1;
	if (state->request_socket) {
		if (begins_now)
			cut(state);
		park_request(state);
	}
	parked = bpf_map_lookup_elem(&parked_requests, &socket);
	if (!parked || parked->request.tid != (__u32)task->pid)
		return 0;

	ready_ns = ready_busy_ns(state, parked);
	waited_ns = state->spent_ns[CAUSE_IDLE] - parked->idle_ns + ready_ns - parked->busy_ns;
	tell_task_wait(state, parked, waited_ns);
	cause = parked->wait.cause;
	if (cause < CAUSE_COUNT)
		parked->spent_ns[cause] += waited_ns;
	parked->spent_ns[CAUSE_EVENT_LOOP] += state->loop.cut_busy_ns - ready_ns;

	bpf_probe_read_kernel(&state->request, sizeof(state->request), &parked->request);
	for (int i = 0; i < CAUSE_COUNT; i++)
		state->begin_spent_ns[i] = state->loop.cut_spent_ns[i] - parked->spent_ns[i];
	state->begin_spent_ns[CAUSE_IDLE] = state->spent_ns[CAUSE_IDLE];
	state->begin_minor_faults_count = task->min_flt - parked->minor_faults_count;
	state->begin_major_faults_count = task->maj_flt - parked->major_faults_count;
	state->request_socket = socket;
	state->request_port = parked->port;
	state->connection = parked->connection;
	state->transaction_socket = parked->transaction_socket;
	state->transaction_port = parked->transaction_port;
	__builtin_memcpy(state->calls_count, parked->calls_count, sizeof(state->calls_count));
	state->connection_saved = parked->connection_saved;
	state->unreported = parked->unreported;
	state->reported = parked->reported;
	state->loop.counted_socket = parked->counted ? socket : 0;
	// Its place here is empty until it is parked again.
	parked->assumed_sleep_ns = 0;
	parked->reported = true;
	parked->counted = false;
	expect_no_socket(state);
	return 1;
}

// The one request that the thread can be working for, where there is only one.
static __always_inline __u64 only_open_request(const struct thread_state *state)
{
	return state->loop.open_count == 1 ? state->loop.open_sockets : 0;
}

// The turn is over: the loop itself has the thread now.
static __always_inline void end_turn(struct thread_state *state)
{
	cut(state);
	park_request(state);
}

// Something ran since the latest cut that touched no socket. It was a request's turn if there is
// only one, and if that does not wait for a socket: then it was the loop. It may have been a timer
// of the server's all the same (uvicorn has one each 0.1 s), see know_wait().
static __always_inline void credit_unseen_turn(struct thread_state *state)
{
	__u64 socket = only_open_request(state);
	struct parked_request *parked = bpf_map_lookup_elem(&parked_requests, &socket);
	__u64 slept_ns, assumed_sleep_ns;

	if (!parked || parked->wait.socket)
		return;
	slept_ns = parked->spent_ns[CAUSE_SLEEP];
	assumed_sleep_ns = parked->assumed_sleep_ns;
	if (turn_to(state, socket, false) && state->loop.has_tasks)
		parked->assumed_sleep_ns =
			assumed_sleep_ns + parked->spent_ns[CAUSE_SLEEP] - slept_ns;
}

// What a parked request waited for was not known until now, nor before the turns that were only
// assumed to be its own.
static __always_inline void know_wait(struct parked_request *parked, __u32 cause)
{
	parked->wait.cause = cause;
	if (cause >= CAUSE_COUNT)
		return;
	parked->spent_ns[CAUSE_SLEEP] -= parked->assumed_sleep_ns;
	parked->spent_ns[cause] += parked->assumed_sleep_ns;
	parked->assumed_sleep_ns = 0;
}

// The loop looks for what is ready, or goes on to wait for that.
static __always_inline void enter_loop_wait(struct thread_state *state, __s32 syscall, bool looks)
{
	struct loop_state *loop = &state->loop;

	loop->syscall = syscall;
	if (!loop->loop_frame)
		loop->loop_frame = running_task();
	meet_task(state, true);
	if (!state->request_socket && busy_ns_of(state) - loop->cut_busy_ns >= UNSEEN_TURN_NS)
		credit_unseen_turn(state);
	end_turn(state);
	if (looks) {
		loop->looks_busy_ns[2] = loop->looks_busy_ns[1];
		loop->looks_busy_ns[1] = loop->looks_busy_ns[0];
		loop->last_look_waited = state->spent_ns[CAUSE_IDLE] > loop->look_idle_ns;
	}
	loop->looks_busy_ns[0] = loop->cut_busy_ns;
	loop->look_idle_ns = state->spent_ns[CAUSE_IDLE];
}

// The thread itself blocks, outside of the loop's wait: who makes it do so?
static __always_inline void blame_for_block(struct thread_state *state)
{
	__u64 socket;

	meet_task(state, false);
	socket = request_of_task(state);
	if (!socket && !state->request_socket)
		socket = only_open_request(state);
	turn_to(state, socket, false);
}

// A parked request that can get no response any more, as it was when it was parked.
static __always_inline void end_parked(struct parked_request *parked, __u32 flags)
{
	if (!is_received(&parked->request) || parked->request.sent_bytes || parked->reported)
		return;
	parked->reported = true;
	parked->request.end_ns = parked->request.begin_ns;
	for (int i = 0; i < CAUSE_COUNT; i++) {
		parked->request.spent_ns[i] = parked->spent_ns[i];
		parked->request.end_ns += parked->spent_ns[i];
	}
	parked->request.flags |= REQUEST_ENDED | flags;
	if (!send_packed(&parked->request))
		count_loss(LOSS_REQUEST);
}

// Another socket has this address now.
static __always_inline void forget_socket(struct task_struct *task, struct thread_state *state,
					  __u64 socket)
{
	struct parked_request *parked = bpf_map_lookup_elem(&parked_requests, &socket);

	if (parked) {
		end_parked(parked, 0);
		if (parked->counted && parked->request.tid == (__u32)task->pid) {
			state->loop.open_count--;
			state->loop.open_sockets ^= socket;
		}
		bpf_map_delete_elem(&parked_requests, &socket);
	}
	bpf_map_delete_elem(&socket_uses, &socket);
}

static long end_if_of(struct bpf_map *map, const __u64 *socket, struct parked_request *parked,
		      const __u32 *tid)
{
	if (parked->request.tid == *tid)
		end_parked(parked, REQUEST_THREAD_DIED);
	return 0;
}

// The thread has died with everything that it had not responded to.
static __always_inline void end_parked_of(__u32 tid)
{
	bpf_for_each_map_elem(&parked_requests, end_if_of, &tid, 0);
}
