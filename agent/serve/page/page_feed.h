// What a page that is open in a browser is sent.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <cstdint>
#include <memory>
#include <string>

namespace linger::serve {

/// Server-sent events, ready to be written: messages of linger.v1 as JSON, each under its name.
///
///   recording nothing: what follows is a recording, and all of it
///   report    a Report: everything
///   changes   a Report without the endpoints that are as they were
///   workers   a WatchWorkersResponse
///   request   a WatchRequestsResponse
///   failure   a sentence: why nothing more comes
struct FeedPart {
  /// Shared by all pages that get it. Nullptr when there is nothing new.
  std::shared_ptr<const std::string> events;
  /// What to say one has seen when asking for the next part.
  std::uint64_t sequence = 0;
  /// When to ask again.
  domain::Nanos pause{};
};

/// Thread-safe.
class PageFeed {
public:
  /// While it lives, somebody watches.
  class Watching {
  public:
    virtual ~Watching() = default;
  };

  virtual ~PageFeed() = default;
  [[nodiscard]] virtual std::unique_ptr<Watching> watch() = 0;

  /// What one who has seen everything up to `sequence` lacks: all there is for 0, and for one who
  /// missed a part. However many ask, they cost no more than one.
  [[nodiscard]] virtual Result<FeedPart> next(std::uint64_t sequence) = 0;
};

} // namespace linger::serve
