// What stands at the other end of an outgoing connection. The value of the map peers, whose key is
// a struct wait_target; written by both sides.

#pragma once

#include "wire/cause.h"
#include "wire/wire.h"

enum peer_flags {
	PEER_TLS = 1 << 0, // what is sent to it is encrypted
};

// What the first bytes sent to it were.
enum peer_protocol {
	PEER_PROTOCOL_UNKNOWN = 0,
	PEER_POSTGRESQL = 1,
	PEER_MYSQL = 2,
	PEER_REDIS = 3,
	PEER_MEMCACHED = 4,
	PEER_HTTP = 5,
	PEER_DNS = 6,
};

struct peer {
	__u8 cause;          // enum cause
	__u8 known;          // told by the user or by bytes: the cause does not change any more
	__u8 attempts_count; // first bytes looked at in vain
	__u8 flags;          // enum peer_flags
	__u8 protocol;       // enum peer_protocol
	__u8 unused[3];
};
WIRE_SIZE(struct peer, 8);
