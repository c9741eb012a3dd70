// Routes of paths. A route does not change when it is made a route again, with some value in the
// place of each "{}": what a route's name says does not depend on how often it was cut.
//
// input = patterns, one a line, NUL, path

#include "domain/route.h"
#include "fuzz/property.h"

#include <vector>

namespace {

using namespace linger::domain;
using namespace linger::fuzz;

std::vector<std::string> lines_of(std::string_view text)
{
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string filled_in(std::string route)
{
  for (std::size_t at = route.find("{}"); at != route.npos; at = route.find("{}"))
    route.replace(at, 2, "17");
  return route;
}

void must_be_a_route(std::string_view route)
{
  must(is_printable_ascii(route), "a route is printable ASCII");
  must(route == "*" || route == "(malformed)" || route.starts_with('/'), "a route is a path");
}

void check_without_patterns(std::string_view path)
{
  const RouteTable table;
  const std::string route = table.route_of(path);
  must_be_a_route(route);
  must(route.find_first_of("?#;") == route.npos, "a route holds no query and no parameters");
  must(std::ranges::count(route, '/') <= 17, "a route is short");
  must(route.find("//") == route.npos, "a route has no empty segments");
  must(table.route_of(filled_in(route)) == route, "a route of a route is the same");

  const std::string queried = std::string(path.substr(0, path.find_first_of("?#"))) + "?q=secret";
  must(table.route_of(queried) == route || route == "*" || route == "(malformed)",
       "a query changes nothing");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const std::size_t nul = text.find('\0');
  const std::string_view path = nul == text.npos ? text : text.substr(nul + 1);
  check_without_patterns(path);

  const auto patterns = lines_of(nul == text.npos ? std::string_view{} : text.substr(0, nul));
  const auto table = RouteTable::with_patterns(patterns);
  if (!table) {
    must(table.error().kind == linger::Error::Kind::usage, "a bad pattern is wrong usage");
    return 0;
  }
  const std::string route = table->route_of(path);
  must_be_a_route(route);
  must(table->route_of(path) == route, "the same path has the same route");
  return 0;
}
