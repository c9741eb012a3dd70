#include "domain/cause.h"
#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/html/flame.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <algorithm>

namespace linger::serve::html {
namespace {

Flame part_of(const std::string &name, std::uint64_t ns, const std::string &cause)
{
  return { .name = name,
           .value = static_cast<double>(ns),
           .text = duration_text(ns),
           .colour = colour_class(cause),
           .inside = {} };
}

/// "shop/report.py:16 in sales", else what was waited on.
std::string place_of(const v1::Site &site)
{
  std::string place = site.code().empty() ? site.what() : site.code();
  if (!site.statement().empty())
    place += ": " + site.statement();
  return place.empty() ? "not known" : place;
}

Flame endpoint_in(const v1::Endpoint &endpoint, const std::string &cause, std::uint64_t ns)
{
  Flame part = part_of(endpoint.method() + " " + endpoint.route(), ns, cause);
  // A wait is credited to its cause as a whole, a part of it to the request that it began in.
  std::uint64_t left = ns;
  for (const v1::Site &site : endpoint.sites()) {
    const std::uint64_t shown = std::min(left, site.total_ns());
    if (site.cause() == cause && shown > 0)
      part.inside.push_back(part_of(place_of(site), shown, cause));
    left -= site.cause() == cause ? shown : 0;
  }
  return part;
}

Flame blocked_time(const v1::Report &report)
{
  std::vector<Flame> causes;
  double all = 0;
  for (const v1::Endpoint &endpoint : report.endpoints()) {
    for (const CauseShare &share : shares_of(endpoint.time())) {
      const std::optional<domain::Cause> cause = domain::cause_named(share.cause);
      if (!cause || !domain::is_blocking(*cause))
        continue;
      auto part = std::ranges::find(causes, share.cause, &Flame::name);
      if (part == causes.end())
        part = causes.insert(causes.end(), part_of(share.cause, 0, share.cause));
      part->value += static_cast<double>(share.spent_ns);
      part->inside.push_back(endpoint_in(endpoint, share.cause, share.spent_ns));
      all += static_cast<double>(share.spent_ns);
    }
  }
  for (Flame &cause : causes)
    cause.text = duration_text(static_cast<std::uint64_t>(cause.value));
  return { .name = "all requests together, blocked",
           .value = all,
           .text = duration_text(static_cast<std::uint64_t>(all)),
           .colour = "",
           .inside = std::move(causes) };
}

} // namespace

std::string blocked_section(const v1::Report &report)
{
  constexpr const char *title = "Blocked time";
  Flame blocked = blocked_time(report);
  if (blocked.value <= 0)
    return section("blocked", title, "<p>No request waited for anything.</p>\n");
  return section(
      "blocked", title,
      "<p>What the requests waited for, by cause, endpoint and line. Lines are known of "
      "waits of at least 1 ms. The accept queue is not among it: there, no worker had the "
      "request yet.</p>\n" +
          flame_graph(std::move(blocked), "Blocked time by cause, endpoint and line"));
}

} // namespace linger::serve::html
