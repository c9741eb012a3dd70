#include "serve/render/watch_text.h"

#include "serve/escape.h"
#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/servers_text.h"

#include <fmt/format.h>

namespace linger::serve {
namespace {

std::string change_text(v1::WatchFindingsResponse::Change change)
{
  switch (change) {
    case v1::WatchFindingsResponse::CHANGE_APPEARED:
      return "appeared";
    case v1::WatchFindingsResponse::CHANGE_UPDATED:
      return "updated";
    case v1::WatchFindingsResponse::CHANGE_RESOLVED:
      return "resolved";
    default:
      return "changed";
  }
}

Ink ink_of_status(std::uint32_t status)
{
  if (status == 0 || status >= 500)
    return Ink::red;
  return status >= 400 ? Ink::yellow : Ink::plain;
}

std::string one_request(const v1::Request &request, const TextOptions &options)
{
  constexpr std::size_t most_causes = 3;
  const std::string status = request.status() == 0 ? "---" : fmt::format("{:3}", request.status());
  return fmt::format("{} {:>7} {} {:>8} {} {}: {}\n", clock_text(request.start_time()),
                     request.tgid(), inked(status, ink_of_status(request.status()), options.colour),
                     duration_text(request.time().wall_ns()), printable(request.method()),
                     printable(request.route()), causes_text(request.time(), 1, most_causes));
}

/// Which requests are missing before this message, and why.
std::string loss_text(const v1::WatchRequestsResponse &response)
{
  const std::string skipped = counted_text(response.requests_skipped(), "request");
  if (response.restarted())
    return "the agent was restarted, or is another one: what ended before it began is not known" +
           (response.requests_skipped() > 0 ? "; " + skipped + " since then left out" : "");
  if (response.requests_skipped() == 0)
    return "";
  return skipped + (response.sequence() == 1 ? " left out: the agent no longer holds them"
                                             : " left out: they came faster than they were read");
}

} // namespace

std::string request_line(const v1::WatchRequestsResponse &response, const TextOptions &options)
{
  std::string text;
  if (const std::string loss = loss_text(response); !loss.empty())
    text += inked(loss, Ink::yellow, options.colour) + "\n";
  if (response.has_request())
    text += one_request(response.request(), options);
  return text;
}

std::string worker_lines(const v1::WatchWorkersResponse &response, const TextOptions &options)
{
  std::string text = inked(clock_text(response.time()), Ink::bold, options.colour) + "\n";
  if (response.servers().empty())
    text += "  no servers\n";
  for (const v1::Server &server : response.servers()) {
    text += fmt::format("  {} {} {}\n", printable(server.kind()), server.master_tgid(),
                        printable(server.app()));
    text += server.workers().empty() ? "    no workers\n" : workers_text(server.workers(), options);
  }
  return text;
}

std::string finding_line(const v1::WatchFindingsResponse &response, const TextOptions &options)
{
  const v1::Finding &finding = response.finding();
  const std::string label(label_of(finding.severity()));
  return fmt::format("{} {:8} {} {}: {}\n", clock_text(finding.last_seen()),
                     change_text(response.change()),
                     inked(label, ink_of(finding.severity()), options.colour),
                     printable(finding.rule()), printable(finding.title()));
}

} // namespace linger::serve
