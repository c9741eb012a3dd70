// The history while an agent keeps it: one writes, and others ask.

#pragma once

#include "serve/history/history_store.h"
#include "serve/metrics/metric_sink.h"

#include <memory>
#include <mutex>

namespace linger::serve {

/// Thread-safe. Who asks for much keeps the writer waiting meanwhile, and nobody else.
class History {
public:
  explicit History(HistoryStore store) : store_(std::move(store)) {}

  /// As HistoryStore::add(); what could not be added is counted.
  [[nodiscard]] Result<> add(const history::v1::Minute &minute);
  /// One that there was no time to write.
  void count_lost();

  /// As HistoryStore::report().
  [[nodiscard]] Result<v1::Report> report_since(domain::Nanos span,
                                                const std::vector<std::uint32_t> &tgids);

  /// As HistoryStore::notice().
  [[nodiscard]] std::string notice();

  void tell_metrics(MetricSink &sink) const;

private:
  mutable std::mutex mutex_;
  HistoryStore store_;
  mutable std::mutex counts_mutex_; // its own, as a scrape must not wait for a reader
  std::uint64_t kept_ = 0;
  std::uint64_t lost_ = 0;
};

} // namespace linger::serve
