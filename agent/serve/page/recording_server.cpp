#include "serve/page/recording_server.h"

#include "serve/http_listener.h"
#include "serve/page/page_routes.h"
#include "serve/page/recorded_feed.h"

#include <optional>

namespace linger::serve {

struct RecordingServer::Running {
  explicit Running(std::unique_ptr<RecordedFeed> recorded)
      : feed(std::move(recorded)), page(*feed, {})
  {
  }
  ~Running() { page.stop(); }
  Running(const Running &) = delete;
  Running &operator=(const Running &) = delete;

  std::unique_ptr<RecordedFeed> feed;
  PageRoutes page;
  std::optional<HttpListener> listener; // last: it uses the others
};

Result<RecordingServer> RecordingServer::start(const std::string &address, const v1::Report &report,
                                               RecordedWorkers workers)
{
  if (built_page_files().empty())
    return failure(Error::Kind::not_supported,
                   "this build of linger has no page: npm was not there when it was built, or "
                   "could not fetch what the page is built with");
  Result<std::unique_ptr<RecordedFeed>> feed = RecordedFeed::of(report, std::move(workers));
  if (!feed)
    return tl::unexpected(feed.error());
  auto running = std::make_unique<Running>(std::move(*feed));
  Result<HttpListener> listener = HttpListener::start(
      address, { .threads = EventStreams::server_threads },
      [&running](httplib::Server &server, bool) { running->page.add_to(server); });
  if (!listener)
    return tl::unexpected(listener.error());
  running->listener.emplace(std::move(*listener));
  return RecordingServer{ std::move(running) };
}

RecordingServer::RecordingServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}
RecordingServer::RecordingServer(RecordingServer &&) noexcept = default;
RecordingServer::~RecordingServer() = default;

const std::string &RecordingServer::address() const
{
  return running_->listener->address();
}

} // namespace linger::serve
