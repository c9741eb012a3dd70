#include "serve/page/page_routes.h"

#include "serve/page/census_route.h"

namespace linger::serve {
namespace {

constexpr const char *content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char *without_page =
    "Linger, the agent on this host.\n"
    "\n"
    "This build has no page: npm was not there, or could not fetch what the page is built with.\n"
    "\n"
    "/metrics         for Prometheus and its kin, see docs/metrics.md\n"
    "/api/v1/stream   what the page shows, as server-sent events\n";

/// Calls `answer` unless the request comes from another site's page.
httplib::Server::Handler for_own_site(httplib::Server::Handler answer)
{
  return
      [answer = std::move(answer)](const httplib::Request &request, httplib::Response &response) {
        if (!is_from_another_site(request))
          return answer(request, response);
        response.status = 403;
        response.set_content("This is for the agent's own page.\n", "text/plain");
      };
}

void answer_file(const PageFile &file, const httplib::Request &request, httplib::Response &response)
{
  if (request.get_header_value("Accept-Encoding").find("gzip") == std::string::npos) {
    response.status = 406;
    response.set_content("This comes compressed by gzip: curl --compressed\n", "text/plain");
    return;
  }
  response.set_header("Content-Encoding", "gzip");
  // The names of all but the page itself tell what is in them.
  response.set_header("Cache-Control",
                      file.path == "/" ? "no-cache" : "max-age=31536000, immutable");
  // As a provider, so that the library does not compress it once more.
  response.set_content_provider(
      file.gzip.size(), std::string{ file.content_type },
      [gzip = file.gzip](std::size_t offset, std::size_t length, httplib::DataSink &sink) {
        return sink.write(gzip.data() + offset, length);
      });
}

} // namespace

PageRoutes::PageRoutes(PageFeed &feed, PageRoutesOptions options)
    : options_(options), streams_(feed)
{
}

void PageRoutes::add_to(httplib::Server &server)
{
  server.set_default_headers({ { "Content-Security-Policy", content_policy },
                               { "X-Content-Type-Options", "nosniff" },
                               { "Referrer-Policy", "no-referrer" },
                               { "Cross-Origin-Resource-Policy", "same-origin" } });
  for (const PageFile &file : options_.files) {
    server.Get(std::string{ file.path },
               [file](const httplib::Request &request, httplib::Response &response) {
                 answer_file(file, request, response);
               });
  }
  if (options_.files.empty()) {
    server.Get("/", [](const httplib::Request &, httplib::Response &response) {
      response.set_content(without_page, "text/plain");
    });
  }
  server.Get("/api/v1/stream",
             for_own_site([this](const httplib::Request &, httplib::Response &response) {
               streams_.answer(response);
             }));
  server.Post("/api/v1/census",
              for_own_site([this](const httplib::Request &request, httplib::Response &response) {
                if (options_.censuses != nullptr)
                  return answer_census(*options_.censuses, request, response);
                response.status = 403;
                response.set_content(
                    "the page is for reading. `linger heap --pid PID` takes one, for root and "
                    "whom [access] names; page_census = true there lets the page take them, where "
                    "only this host can reach it\n",
                    "text/plain");
              }));
}

} // namespace linger::serve
