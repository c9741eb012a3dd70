// `linger replay --serve`: the page about a recording.

#pragma once

#include "base/result.h"
#include "linger/v1/report.pb.h"
#include "serve/page/recorded_workers.h"

#include <memory>
#include <string>

namespace linger::serve {

/// Serves from start() until destruction, on threads of its own.
class RecordingServer {
public:
  /// `address` is "HOST:PORT" of this host alone, port 0 for any free one. Fails as `not_supported`
  /// where this build has no page.
  [[nodiscard]] static Result<RecordingServer>
  start(const std::string &address, const v1::Report &report, RecordedWorkers workers);

  RecordingServer(RecordingServer &&) noexcept;
  RecordingServer &operator=(RecordingServer &&) = delete;
  ~RecordingServer();

  [[nodiscard]] const std::string &address() const;

private:
  struct Running;
  explicit RecordingServer(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

} // namespace linger::serve
