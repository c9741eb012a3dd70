// What was waited on, in words.

#pragma once

#include <optional>
#include <string>

struct wait_target;

namespace linger::decode {

/// "127.0.0.1:5432", "[::1]:6379", "unix:…redis/redis.sock", "file", "pipe", "futex"; for what has
/// no name of its own the system call's ("clock_nanosleep"), and "page fault" outside of one.
[[nodiscard]] std::string describe(const wait_target &target, int syscall);

/// The target for an address as people write it: "127.0.0.1", "::1" or, with port 0, a unix
/// socket's path. nullopt when it is none of these.
[[nodiscard]] std::optional<wait_target> target_of(const std::string &address, unsigned short port);

} // namespace linger::decode
