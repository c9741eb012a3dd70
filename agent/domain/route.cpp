#include "domain/route.h"

#include "domain/path_segment.h"

#include <algorithm>

namespace linger::domain {
namespace {

constexpr std::string_view variable = "{}";
constexpr std::string_view malformed = "(malformed)";
// Longer ones are no route that anybody wrote.
constexpr std::size_t max_segments = 16;
constexpr std::size_t max_segment_bytes = 64;

/// Without "?query", "#fragment" and ";jsessionid=...".
std::string_view without_parameters(std::string_view text, std::string_view marks)
{
  return text.substr(0, text.find_first_of(marks));
}

/// "/a;v=1//b/" is "a", "b" and "": empty segments count at the end only, where they make a
/// difference to most frameworks.
std::vector<std::string_view> segments_of(std::string_view path)
{
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = without_parameters(path.substr(0, slash), ";");
    if (!segment.empty() || slash == std::string_view::npos)
      segments.push_back(segment);
    if (slash == std::string_view::npos)
      return segments;
    path.remove_prefix(slash + 1);
  }
}

/// The path of "http://host/path". Host, port and user information are dropped.
std::string_view without_authority(std::string_view path)
{
  const std::size_t scheme = path.find("://");
  if (path.starts_with('/') || scheme == std::string_view::npos)
    return path;
  const std::string_view rest = path.substr(scheme + 3);
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view{ "/" } : rest.substr(slash);
}

std::string shown(std::string_view segment)
{
  std::string name = percent_encoded(segment);
  if (name.size() > max_segment_bytes || is_value(percent_decoded(segment)))
    return std::string{ variable };
  return name;
}

bool matches(const std::vector<std::string> &pattern, const std::vector<std::string_view> &segments)
{
  return std::ranges::equal(
      pattern, segments, [](const std::string &wanted, std::string_view name) {
        return wanted == variable ? !name.empty()
                                  : wanted == name || wanted == percent_decoded(name);
      });
}

} // namespace

RouteTable::RouteTable() : patterns_(std::make_shared<const std::vector<Pattern>>()) {}

Result<RouteTable> RouteTable::with_patterns(const std::vector<std::string> &patterns)
{
  std::vector<Pattern> compiled;
  for (const std::string &pattern : patterns) {
    if (!pattern.starts_with('/'))
      return failure(Error::Kind::usage, "the route pattern '" + pattern + "' must start with '/'");
    Pattern &made = compiled.emplace_back();
    for (const std::string_view segment : segments_of(pattern)) {
      if (segment != variable && segment.find_first_of("{}") != std::string_view::npos)
        return failure(Error::Kind::usage,
                       "the route pattern '" + pattern + "' mixes {} with text in '" +
                           std::string{ segment } + "'; {} stands for one whole segment");
      made.segments.emplace_back(segment);
      made.route += '/';
      made.route += segment == variable ? std::string{ segment } : percent_encoded(segment);
    }
  }
  RouteTable table;
  table.patterns_ = std::make_shared<const std::vector<Pattern>>(std::move(compiled));
  return table;
}

std::string RouteTable::route_of(std::string_view path) const
{
  const std::string_view plain = without_authority(without_parameters(path, "?#"));
  if (plain == "*")
    return "*";
  if (!plain.starts_with('/'))
    return std::string{ malformed };
  const std::vector<std::string_view> segments = segments_of(plain);
  for (const Pattern &pattern : *patterns_) {
    if (matches(pattern.segments, segments))
      return pattern.route;
  }
  std::string route;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    route += '/';
    if (i == max_segments)
      return route + "...";
    route += shown(segments[i]);
  }
  return route;
}

} // namespace linger::domain
