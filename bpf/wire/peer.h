// What stands at the other end of an outgoing connection. The value of the map peers, whose key is
// a struct wait_target; written by both sides.

#pragma once

#include "wire/cause.h"
#include "wire/wire.h"

enum peer_flags {
	PEER_TLS = 1 << 0, // what is sent to it is encrypted
};

struct peer {
	__u8 cause;          // enum cause
	__u8 known;          // told by the user or by bytes: the cause does not change any more
	__u8 attempts_count; // first bytes looked at in vain
	__u8 flags;          // enum peer_flags
};
WIRE_SIZE(struct peer, 4);
