// The streams of events to pages that are open.

#pragma once

#include "serve/http_library.h"
#include "serve/page/page_feed.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace linger::serve {

/// Each stream holds one of the HTTP server's threads, so there are at most `max_streams`. A page
/// that reads slowly keeps its own thread and nobody else's; what it misses is made up for by
/// everything as it is then, so nothing piles up. Thread-safe. `feed` must outlive it.
class EventStreams {
public:
  static constexpr std::size_t max_streams = 16;
  /// For a server of these and of what ends by itself: scrapes, files that a browser fetches.
  static constexpr std::size_t server_threads = max_streams + 8;

  explicit EventStreams(PageFeed &feed) : feed_(feed) {}

  /// Answers with a stream that goes on until the client leaves or stop() is called; with 503 when
  /// there are too many.
  void answer(httplib::Response &response);

  /// Ends open streams, and those yet to come. One whose client does not read ends with its write,
  /// after 5 s at most.
  void stop();

  [[nodiscard]] std::size_t open();

private:
  class Stream;

  [[nodiscard]] bool is_stopping();
  /// False when the streams end instead.
  [[nodiscard]] bool pause(domain::Nanos length);

  PageFeed &feed_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::size_t open_ = 0;
  bool stopping_ = false;
};

} // namespace linger::serve
