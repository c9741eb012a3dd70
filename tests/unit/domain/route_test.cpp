#include "domain/route.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace linger::domain {
namespace {

std::string route(std::string_view path)
{
  return RouteTable{}.route_of(path);
}

TEST(RouteTest, CollapsesWhatVaries)
{
  EXPECT_EQ(route("/nap/17"), "/nap/{}");
  EXPECT_EQ(route("/user/4711/orders"), "/user/{}/orders");
  EXPECT_EQ(route("/delta/-5"), "/delta/{}");
  EXPECT_EQ(route("/o/123e4567-e89b-12d3-a456-426614174000"), "/o/{}");
  EXPECT_EQ(route("/commit/6c7b500a"), "/commit/{}");
  EXPECT_EQ(route("/blob/DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"), "/blob/{}");
  EXPECT_EQ(route("/token/aGVsbG8gd29ybGQx"), "/token/{}");
  EXPECT_EQ(route("/token/aGVsbG8gd29ybGQxCg%3D%3D"), "/token/{}");
  EXPECT_EQ(route("/ulid/01ARZ3NDEKTSV4RRFFQ69G5FAV"), "/ulid/{}");
  EXPECT_EQ(route("/jwt/eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM"), "/jwt/{}");
  EXPECT_EQ(route("/u/jane.doe@example.org"), "/u/{}");
  EXPECT_EQ(route("/u/jane.doe%40example.org/cart"), "/u/{}/cart");
  EXPECT_EQ(route("/on/2024-02-29"), "/on/{}");
  EXPECT_EQ(route("/on/2024-02"), "/on/{}");
  EXPECT_EQ(route("/on/2024-02-29T10:00:00Z"), "/on/{}");
  EXPECT_EQ(route("/n/%31%37"), "/n/{}");
}

TEST(RouteTest, KeepsWhatIsAName)
{
  for (const char *path :
       { "/", "/health", "/api/v1/items", "/v2.1/x", "/api/2.0/x", "/feedface", "/facade", "/a-b_c",
         "/static/app.3f2a9c1b.js", "/img/17.png", "/@jane", "/the-20-best-things-of-all-time",
         "/internationalization", "/9999-99", "/tag/%C3%A9t%C3%A9" })
    EXPECT_EQ(route(path), path);
}

TEST(RouteTest, KeepsATrailingSlashAndDropsDoubledOnes)
{
  EXPECT_EQ(route("/a/"), "/a/");
  EXPECT_EQ(route("/a//17///b"), "/a/{}/b");
  EXPECT_EQ(route("//"), "/");
  EXPECT_EQ(route("/a/;v=1/b"), "/a/b"); // nothing but a parameter
}

TEST(RouteTest, DropsHostAndUserOfAnAbsoluteForm)
{
  EXPECT_EQ(route("http://jane:secret@host:80/nap/17"), "/nap/{}");
  EXPECT_EQ(route("https://host"), "/");
}

TEST(RouteTest, KeepsTheAsteriskOfOptions)
{
  EXPECT_EQ(route("*"), "*");
}

TEST(RouteTest, CallsMalformedWhatIsNoPath)
{
  EXPECT_EQ(route(""), "(malformed)");
  EXPECT_EQ(route("nap/17"), "(malformed)");
  EXPECT_EQ(route("example.org:443"), "(malformed)");
  EXPECT_EQ(route("?q=secret"), "(malformed)");
}

TEST(RouteTest, NeverShowsQueriesFragmentsOrSessionParameters)
{
  EXPECT_EQ(route("/find?q=secret"), "/find");
  EXPECT_EQ(route("/find#secret"), "/find");
  EXPECT_EQ(route("http://host?next=/secret"), "/");
  EXPECT_EQ(route("find?next=http://host/secret"), "(malformed)");
  EXPECT_EQ(route("/cart;jsessionid=secret/17;v=1"), "/cart/{}");
}

TEST(RouteTest, ShowsPrintableCharactersOnly)
{
  EXPECT_EQ(route("/a\x01\xff z"), "/a%01%FF%20z");
  EXPECT_EQ(route("/{}/x"), "/%7B%7D/x");
  EXPECT_EQ(route("/100%/%zz/%4"), "/100%/%zz/%4");
}

TEST(RouteTest, IsShortHoweverLongThePath)
{
  std::string deep;
  for (int i = 0; i < 1000; ++i)
    deep += "/a";
  const std::string shown = route(deep);

  EXPECT_EQ(std::ranges::count(shown, '/'), 17);
  EXPECT_TRUE(shown.ends_with("/a/..."));
  EXPECT_EQ(route("/" + std::string(65, 'x')), "/{}");
  EXPECT_EQ(route("/" + std::string(64, 'x')), "/" + std::string(64, 'x'));
  EXPECT_EQ(route("/" + std::string(22, '\xff')), "/{}"); // shown with 66 bytes
}

TEST(RouteTableTest, TriesTheUsersPatternsFirstAndInOrder)
{
  const Result<RouteTable> table = RouteTable::with_patterns(
      { "/shop/{}/item/{}", "/shop/sale/item/{}", "/report/2024", "/wiki/{}" });
  ASSERT_TRUE(table);

  EXPECT_EQ(table->route_of("/shop/berlin/item/blue-chair"), "/shop/{}/item/{}");
  EXPECT_EQ(table->route_of("/shop/sale/item/x"), "/shop/{}/item/{}");
  EXPECT_EQ(table->route_of("/report/2024"), "/report/2024");
  EXPECT_EQ(table->route_of("/report/2025"), "/report/{}");
  EXPECT_EQ(table->route_of("/wiki/Some%20Page;x=1"), "/wiki/{}");
}

TEST(RouteTableTest, ShowsPrintableCharactersOnlyOfAPattern)
{
  const Result<RouteTable> table = RouteTable::with_patterns({ "/\u00e9t\u00e9/{}" });
  ASSERT_TRUE(table);

  EXPECT_EQ(table->route_of("/%C3%A9t%C3%A9/x"), "/%C3%A9t%C3%A9/{}");
}

TEST(RouteTableTest, MatchesWholePathsOnly)
{
  const Result<RouteTable> table = RouteTable::with_patterns({ "/wiki/{}" });
  ASSERT_TRUE(table);

  EXPECT_EQ(table->route_of("/wiki/page/edit"), "/wiki/page/edit");
  EXPECT_EQ(table->route_of("/wiki/"), "/wiki/");
  EXPECT_EQ(table->route_of("/wiki"), "/wiki");
}

TEST(RouteTableTest, RefusesPatternsThatMeanNothing)
{
  for (const char *pattern : { "", "shop/{}", "/shop/{}x", "/shop/{id}", "/}" }) {
    const Result<RouteTable> table = RouteTable::with_patterns({ "/fine", pattern });
    ASSERT_FALSE(table) << pattern;
    EXPECT_EQ(table.error().kind, Error::Kind::usage);
    EXPECT_NE(table.error().what.find(pattern), std::string::npos);
  }
}

} // namespace
} // namespace linger::domain
