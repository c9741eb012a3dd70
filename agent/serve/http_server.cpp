#include "serve/http_server.h"

#include "serve/health_page.h"
#include "serve/http_library.h"
#include "serve/http_listener.h"
#include "serve/metrics/exposition.h"
#include "serve/metrics/metrics_page.h"
#include "serve/page/page_routes.h"

#include <mutex>
#include <optional>

namespace linger::serve {

struct HttpServer::Running {
  Running(AgentView &agent_view, const HttpOptions &http_options)
      : agent(agent_view), options(http_options), metrics(options.max_endpoints),
        feed(agent_view, options.page_feed)
  {
  }

  void set_up(httplib::Server &server, bool only_local);
  void answer_metrics(const httplib::Request &request, httplib::Response &response);

  AgentView &agent;
  const HttpOptions options;
  std::mutex metrics_mutex;
  MetricsPage metrics;
  LiveFeed feed;
  std::optional<PageRoutes> page;
  std::optional<HttpListener> listener; // last: it uses the others
};

void HttpServer::Running::set_up(httplib::Server &server, bool only_local)
{
  serve_health(server, agent);
  server.Get("/metrics", [this](const httplib::Request &request, httplib::Response &response) {
    answer_metrics(request, response);
  });
  page.emplace(feed, PageRoutesOptions{
                         .files = options.page_files,
                         .censuses = only_local && options.census_for_all ? &agent : nullptr });
  page->add_to(server);
}

void HttpServer::Running::answer_metrics(const httplib::Request &request,
                                         httplib::Response &response)
{
  const Result<AgentView::Scrape> scrape = agent.scrape();
  if (!scrape) {
    response.status = 503;
    response.set_content(scrape.error().what + "\n", "text/plain");
    return;
  }
  const auto format = Exposition::format_for(request.get_header_value("Accept"));
  const std::scoped_lock lock{ metrics_mutex };
  Exposition text{ format };
  metrics.tell(scrape->totals, scrape->findings, text);
  options.more_metrics(text);
  response.body = text.finish(); // set_content() would copy megabytes
  response.set_header("Content-Type", Exposition::content_type(format));
}

Result<HttpServer> HttpServer::start(const std::string &address, AgentView &agent,
                                     const HttpOptions &options)
{
  auto running = std::make_unique<Running>(agent, options);
  Result<HttpListener> listener = HttpListener::start(
      address, { .allow_remote = options.allow_remote, .threads = EventStreams::server_threads },
      [&running](httplib::Server &server, bool only_local) {
        running->set_up(server, only_local);
      });
  if (!listener)
    return tl::unexpected(listener.error());
  running->listener.emplace(std::move(*listener));
  return HttpServer{ std::move(running) };
}

HttpServer::HttpServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}
HttpServer::HttpServer(HttpServer &&) noexcept = default;
HttpServer &HttpServer::operator=(HttpServer &&other) noexcept
{
  stop();
  running_ = std::move(other.running_);
  return *this;
}

HttpServer::~HttpServer()
{
  stop();
}

const std::string &HttpServer::address() const
{
  return running_->listener->address();
}

bool HttpServer::has_page() const
{
  return !running_->options.page_files.empty();
}

void HttpServer::stop()
{
  if (!running_)
    return;
  if (running_->page)
    running_->page->stop();
  if (running_->listener)
    running_->listener->stop();
}

} // namespace linger::serve
