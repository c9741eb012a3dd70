// Why a port cannot be had, in the kernel's words: the libraries that listen keep them to
// themselves.

#pragma once

#include "base/result.h"
#include "serve/address.h"

namespace linger::serve {

/// Listens on the address, numeric as listening_on() returns it, and lets it go at once.
[[nodiscard]] Result<> try_to_bind(const HostAndPort &address);

} // namespace linger::serve
