// What stands at the other end of an outgoing connection. The value of the map peers, whose key is
// a struct wait_target; written by both sides.

#pragma once

#include "wire/cause.h"
#include "wire/wire.h"

struct peer {
	__u8 cause;          // enum cause
	__u8 known;          // told by the user or by bytes: nothing changes it any more
	__u8 attempts_count; // first bytes looked at in vain
	__u8 unused;
};
WIRE_SIZE(struct peer, 4);
