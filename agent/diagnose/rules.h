// The rules. Each is a pure function of one server's load and answers with its findings; the page
// of the same name under docs/findings/ says when it speaks and what it cannot see.

#pragma once

#include "diagnose/server_load.h"
#include "diagnose/thresholds.h"
#include "domain/finding.h"

#include <vector>

namespace linger::diagnose {

[[nodiscard]] std::vector<domain::Finding> blocking_io_in_request(const ServerLoad &load,
                                                                  const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> blocked_event_loop(const ServerLoad &load,
                                                              const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> workers_saturated(const ServerLoad &load,
                                                             const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> worker_timeout(const ServerLoad &load,
                                                          const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> request_near_timeout(const ServerLoad &load,
                                                                const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> worker_crash(const ServerLoad &load,
                                                        const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> worker_out_of_memory(const ServerLoad &load,
                                                                const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> memory_retained(const ServerLoad &load,
                                                           const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding>
global_state_written_by_requests(const ServerLoad &load, const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> global_state_grows(const ServerLoad &load,
                                                              const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> context_not_popped(const ServerLoad &load,
                                                              const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> session_not_closed(const ServerLoad &load,
                                                              const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> idle_in_transaction(const ServerLoad &load,
                                                               const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> connection_leak(const ServerLoad &load,
                                                           const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> connections_near_limit(const ServerLoad &load,
                                                                  const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> accept_queue_wait(const ServerLoad &load,
                                                             const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> cpu_overcommitted(const ServerLoad &load,
                                                             const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> cpu_underused(const ServerLoad &load,
                                                         const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> worker_class_mismatch(const ServerLoad &load,
                                                                 const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> pool_exhausted(const ServerLoad &load,
                                                          const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> overhead_budget_exceeded(const ServerLoad &load,
                                                                    const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> unhandled_exception(const ServerLoad &load,
                                                               const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> gil_contention(const ServerLoad &load,
                                                          const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> lock_contention(const ServerLoad &load,
                                                           const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> deadlock(const ServerLoad &load,
                                                    const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> slow_client(const ServerLoad &load,
                                                       const Thresholds &thresholds);
[[nodiscard]] std::vector<domain::Finding> slow_query(const ServerLoad &load,
                                                      const Thresholds &thresholds);

} // namespace linger::diagnose
