#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace linger::diagnose {
namespace {

using domain::EndpointReport;
using domain::FailureReport;
using domain::Finding;
using domain::Severity;

constexpr int internal_server_error = 500;

/// 500 is what servers and frameworks answer to an exception that nobody handled. The others an
/// application may answer on purpose, and does so without a traceback.
bool is_unhandled(const FailureReport &failure)
{
  return failure.status == internal_server_error || !failure.exception_type.empty();
}

/// How an endpoint's requests failed of which no application said that they should.
struct Failed {
  std::vector<const FailureReport *> ways; // the most frequent first
  std::uint64_t requests = 0;
  std::uint64_t with_traceback = 0;
};

Failed failed_in(const EndpointReport &endpoint)
{
  Failed failed;
  for (const FailureReport &failure : endpoint.failures) {
    if (!is_unhandled(failure))
      continue;
    failed.ways.push_back(&failure);
    failed.requests += failure.requests;
    failed.with_traceback += failure.exception_type.empty() ? 0 : failure.requests;
  }
  return failed;
}

const FailureReport *main_exception(const Failed &failed)
{
  const auto found = std::ranges::find_if(
      failed.ways, [](const FailureReport *way) { return !way->exception_type.empty(); });
  return found == failed.ways.end() ? nullptr : *found;
}

/// Raised where something else did not answer, rather than by a mistake in the line.
bool is_of_a_peer(std::string_view type)
{
  constexpr std::array words{ "Timeout",  "Connection", "OperationalError", "InterfaceError",
                              "SSLError", "gaierror",   "BrokenPipe" };
  return std::ranges::any_of(
      words, [&](const char *word) { return type.find(word) != std::string_view::npos; });
}

std::string status_of(const FailureReport &failure)
{
  return failure.status == 0 ? "no response" : std::to_string(failure.status);
}

std::string name_of(const FailureReport &failure)
{
  if (failure.exception_type.empty())
    return fmt::format("answered with {}, no traceback seen", status_of(failure));
  return fmt::format("{} at {} ({})", failure.exception_type, failure.exception_code,
                     status_of(failure));
}

std::string remedy_for(const FailureReport *main)
{
  if (main == nullptr)
    return "Have the exceptions written to the error log, where Linger sees their type and line: "
           "Gunicorn does so for what the application raises (--error-logfile), Flask by its "
           "app.logger, Django only with a handler for the logger django.request in LOGGING "
           "(without DEBUG it mails them to ADMINS). Where that is a traceback already, the "
           "process writes it in a way that is not seen (docs/findings/unhandled-exception.md).";
  if (is_of_a_peer(main->exception_type))
    return fmt::format(
        "See why what {} calls does not answer. Until it does: a short timeout, one more attempt "
        "where that is safe, and an answer of 503 with Retry-After instead of an exception.",
        main->exception_code);
  return fmt::format(
      "Look at {} and at what leads there with these requests. The error log has the whole "
      "traceback and the exception's message, which Linger leaves out. What a client caused is to "
      "be answered with 400 or 404; what nobody expected needs a fix, and a test with this "
      "request.",
      main->exception_code);
}

void cite_ways(Finding &finding, const Failed &failed)
{
  constexpr std::size_t most_cited = 5;
  for (std::size_t i = 0; i < failed.ways.size() && i < most_cited; ++i)
    cite_count(finding, name_of(*failed.ways[i]), static_cast<double>(failed.ways[i]->requests),
               "requests");
}

Finding finding_for(const EndpointReport &endpoint, const Failed &failed, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const FailureReport *main = main_exception(failed);
  const std::string name = domain::endpoint_name(endpoint);
  const double part = static_cast<double>(failed.requests) / static_cast<double>(endpoint.requests);
  const double part_of_server =
      static_cast<double>(failed.requests) / static_cast<double>(load.requests);
  Finding finding = finding_of("unhandled-exception", load.server->server.master_tgid, name);
  finding.severity = part_of_server >= thresholds.exception_critical_ratio ? Severity::critical
                                                                           : Severity::warning;
  finding.title = fmt::format(
      "{} of {} requests of {} failed{}", failed.requests, endpoint.requests, name,
      main == nullptr ? " with a server error"
                      : fmt::format(": {} at {}", main->exception_type, main->exception_code));
  finding.detail = fmt::format(
      "{} of the endpoint's requests ended with an exception that nobody handled, {} of the "
      "server's. {}",
      human_share(part), human_share(part_of_server),
      failed.with_traceback == 0
          ? "No traceback was seen of them."
          : fmt::format("A traceback was seen of {}, as the worker wrote it to a log; they are "
                        "looked for from the first failed request on.",
                        failed.with_traceback));
  finding.remedy = remedy_for(main);
  cite_count(finding, "requests", static_cast<double>(endpoint.requests), "requests");
  cite_count(finding, "failed requests", static_cast<double>(failed.requests), "requests");
  cite_share(finding, "part of the endpoint's requests", part);
  cite_share(finding, "part of the server's requests", part_of_server);
  cite_ways(finding, failed);
  finding.effect.requests_lost_per_hour =
      static_cast<double>(failed.requests) * ratio_of(std::chrono::hours{ 1 }, load.window);
  return finding;
}

} // namespace

std::vector<Finding> unhandled_exception(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  for (const EndpointReport *endpoint : load.endpoints) {
    const Failed failed = failed_in(*endpoint);
    if (failed.requests >= thresholds.exception_min_requests && failed.requests != 0)
      findings.push_back(finding_for(*endpoint, failed, load, thresholds));
  }
  return findings;
}

} // namespace linger::diagnose
