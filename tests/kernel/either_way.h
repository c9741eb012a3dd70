// What must hold on both ways in which the probes may see a socket's bytes.

#pragma once

#include "collect/worker_collector.h"

#include <gtest/gtest.h>

namespace linger {

/// The parameter: whether they are seen at system calls, as where the sockets' own tracepoints
/// lack.
class EitherWay : public testing::TestWithParam<bool> {
protected:
  [[nodiscard]] static collect::CollectorOptions options()
  {
    collect::CollectorOptions options;
    options.force_syscall_boundaries = GetParam();
    return options;
  }
};

} // namespace linger
