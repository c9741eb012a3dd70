#pragma once

#include <string>

namespace linger::decode {

/// "clock_nanosleep" for the calls in which Python threads commonly wait, "system call 123" for
/// others.
[[nodiscard]] std::string syscall_name(int number);

} // namespace linger::decode
