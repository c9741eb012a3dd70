/* SPDX-License-Identifier: GPL-2.0-only */
//
// A request's record as it crosses: see wire/request_record.h.

#pragma once

#include "lib/records.bpf.h"
#include "vmlinux.h"
#include "wire/request_record.h"

#include <bpf/bpf_helpers.h>

enum {
	PACKED_FIXED_BYTES = __builtin_offsetof(struct request_record, spent_ns),
	// What the verifier believes of a place in the packed record. No record is that long.
	PACKED_PLACES = 1024,
};

struct packed_request {
	__u8 bytes[PACKED_PLACES + RESPONSE_HEAD_BYTES + REQUEST_HEAD_BYTES];
};

// Where records are packed. Programs on one CPU do not interrupt each other in this.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct packed_request);
	__uint(max_entries, 1);
} packed_requests __weak SEC(".maps");

// Returns the length of `packed` so far, with `length_bytes` of `from` added.
static __always_inline __u64 pack(struct packed_request *packed, __u64 at, const void *from,
				  __u64 length_bytes, __u64 most_bytes)
{
	at &= PACKED_PLACES - 1;
	if (length_bytes > most_bytes)
		length_bytes = most_bytes;
	bpf_probe_read_kernel(packed->bytes + at, length_bytes, from);
	return at + length_bytes;
}

// 1 or 0, without a branch: the verifier would follow each cause's two ways through all the others.
static __always_inline __u64 took_time(__u64 spent_ns)
{
	__u64 took = spent_ns | -spent_ns;

	barrier_var(took);
	return took >> 63;
}

// Adds `spent_ns` and its bit, unless it is 0.
static __always_inline __u64 pack_span(struct packed_request *packed, __u64 at, __u64 spent_ns,
				       __u32 bit, __u32 *causes)
{
	__u64 took = took_time(spent_ns);

	*(__u64 *)(packed->bytes + (at & (PACKED_PLACES - 8))) = spent_ns;
	*causes |= took * bit;
	return at + took * sizeof(__u64);
}

// A function of its own for the verifier: see classify(). Returns whether it was sent.
__weak __noinline int send_packed(const struct request_record *request)
{
	__u64 at = PACKED_FIXED_BYTES;
	struct packed_request *packed;
	__u32 response_bytes;
	__u32 causes = 0;
	__u32 zero = 0;

	packed = bpf_map_lookup_elem(&packed_requests, &zero);
	if (!request || !packed)
		return false;
	__builtin_memcpy(packed->bytes, request, PACKED_FIXED_BYTES);
	for (int i = 0; i < CAUSE_COUNT; i++)
		at = pack_span(packed, at, request->spent_ns[i], 1 << i, &causes);
	at = pack_span(packed, at, request->throttled_ns, CAUSES_THROTTLED, &causes);
	response_bytes = request->response_bytes;
	if (request->flags & REQUEST_ENDED && response_bytes > RESPONSE_STATUS_BYTES)
		response_bytes = RESPONSE_STATUS_BYTES;
	((struct request_record *)packed->bytes)->causes = causes;
	((struct request_record *)packed->bytes)->response_bytes = response_bytes;

	at = pack(packed, at, request->response, response_bytes, RESPONSE_HEAD_BYTES);
	at = pack(packed, at, request->head, request->head_bytes, REQUEST_HEAD_BYTES);
	return send_record(packed, at);
}
