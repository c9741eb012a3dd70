// What it costs a process here to run into a uprobe.

#pragma once

#include "base/result.h"
#include "kernel/uprobe.h"

#include <chrono>

namespace linger::kernel {

/// Lets this process run into `program` some thousand times, at an instruction that the kernel
/// emulates, which takes about 2 ms: the time of one such interruption, with the program's own. The
/// program must have nothing to do here.
[[nodiscard]] Result<std::chrono::nanoseconds> measure_uprobe(const bpf_program &program,
                                                              UprobeWay way);

} // namespace linger::kernel
