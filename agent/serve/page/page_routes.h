// What the page needs of an HTTP server: itself, and what it shows.

#pragma once

#include "serve/agent_view.h"
#include "serve/http_library.h"
#include "serve/page/event_streams.h"
#include "serve/page/page_feed.h"
#include "serve/page/page_files.h"

namespace linger::serve {

struct PageRoutesOptions {
  PageFiles files = built_page_files();
  /// Whose workers' heaps may be looked into; nullptr where none may be.
  AgentView *censuses = nullptr;
};

/// `feed` must outlive it, and it the server.
class PageRoutes {
public:
  PageRoutes(PageFeed &feed, PageRoutesOptions options);

  /// "/", its files, /api/v1/stream and /api/v1/census. Every answer of `server` says that nothing
  /// but what comes from here may be loaded or run.
  void add_to(httplib::Server &server);

  /// Ends open streams.
  void stop() { streams_.stop(); }

private:
  PageRoutesOptions options_;
  EventStreams streams_;
};

} // namespace linger::serve
