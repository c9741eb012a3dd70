// What workers hold open to their peers, read from the kernel side.

#pragma once

#include "base/result.h"
#include "collect/outgoing_ledger.h"
#include "collect/worker_probe.h"
#include "decode/outgoing_decoder.h"
#include "decode/thread_decoder.h"
#include "domain/observation.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace linger::collect {

/// Keeps the ledger. The probe and the peers' names must outlive it. Not thread-safe.
class OutgoingCollector {
public:
  OutgoingCollector(const WorkerProbe &probe, const decode::PeerNames &names)
      : probe_(probe), names_(names)
  {
  }

  /// What the server's workers have open now was there before. Calling it again with the same
  /// workers changes nothing.
  [[nodiscard]] Result<> take_up(const domain::Server &server, domain::MonotonicTime now);

  /// Of a worker that has ended: its last sample.
  [[nodiscard]] std::optional<domain::OutgoingSample> note(const domain::ProcessEvent &event);

  /// The threads are looked at anew: forgets what their requests had asked on.
  void forget_asked() { asked_.clear(); }
  void note(const decode::Thread &thread);

  /// One sample for each worker.
  [[nodiscard]] Result<std::vector<domain::OutgoingSample>> sample(domain::MonotonicTime now);

  [[nodiscard]] std::uint64_t malformed_records() const { return malformed_records_; }
  [[nodiscard]] const std::string &last_malformed() const { return last_malformed_; }

private:
  [[nodiscard]] Result<std::vector<decode::OutgoingSocket>>
  sockets(const std::vector<std::uint32_t> &tgids);
  [[nodiscard]] std::vector<OpenedCount> opened() const;
  [[nodiscard]] std::optional<domain::OutgoingSample> end(std::uint32_t tgid,
                                                          domain::MonotonicTime now);

  const WorkerProbe &probe_;
  const decode::PeerNames &names_;
  OutgoingLedger ledger_;
  /// What open requests have asked on: worker, socket, its port.
  std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> asked_;
  std::uint64_t malformed_records_ = 0;
  std::string last_malformed_;
};

} // namespace linger::collect
