// What a process holds now.

#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstdint>
#include <filesystem>

namespace linger::discover {

/// The resident set of /proc/TGID/status by kind, and its high-water mark. `time` is left to the
/// caller. not_found when the process is gone or has no memory any more (a zombie) or never had any
/// (a kernel thread); malformed when the file is not as the kernel writes it.
[[nodiscard]] Result<domain::MemorySample> read_memory(const std::filesystem::path &proc,
                                                       std::uint32_t tgid);

} // namespace linger::discover
