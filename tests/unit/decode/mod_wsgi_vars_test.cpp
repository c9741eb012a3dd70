#include "decode/mod_wsgi_vars.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace linger::decode {
namespace {

using namespace std::string_literals;

std::string number(std::uint64_t value)
{
  return { reinterpret_cast<const char *>(&value), sizeof value };
}

/// As Apache sends it.
std::string request(const std::string &query, const std::string &uri)
{
  const std::string strings = "GATEWAY_INTERFACE\0CGI/1.1\0SERVER_PROTOCOL\0HTTP/1.1\0"
                              "REQUEST_METHOD\0POST\0QUERY_STRING\0"s +
                              query + "\0REQUEST_URI\0"s + uri +
                              "\0SCRIPT_NAME\0\0PATH_INFO\0/other\0HTTP_COOKIE\0secret\0"s;
  return number(strings.size() + 8) + number(16) + strings;
}

auto decoded(std::string_view bytes)
{
  return decode_mod_wsgi_vars(std::as_bytes(std::span(bytes)));
}

TEST(ModWsgiVars, HoldMethodAndPath)
{
  const auto line = decoded(request("token=secret", "/cart/7?token=secret"));

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "POST");
  EXPECT_EQ(line->path, "/cart/7");
  EXPECT_FALSE(line->truncated);
  EXPECT_FALSE(line->path_truncated);
}

TEST(ModWsgiVars, CutAnywhereTellAPartOfThePathOrNothing)
{
  const std::string whole = request("a=1", "/cart/7?a=1");
  const std::size_t method_end = whole.find("POST") + 5;
  const std::size_t uri_end = whole.find("/cart/7?a=1") + 12;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto line = decoded(std::string_view(whole).substr(0, size));
    if (size < method_end) {
      EXPECT_FALSE(line) << size;
      continue;
    }
    ASSERT_TRUE(line) << size;
    EXPECT_EQ(line->method, "POST") << size;
    EXPECT_TRUE(std::string_view("/cart/7").starts_with(line->path)) << size;
    EXPECT_EQ(line->truncated, size < uri_end) << size;
  }
}

TEST(ModWsgiVars, SayThatALongQueryLeftNoRoomForThePath)
{
  const std::string whole = request(std::string(300, 'q'), "/cart");
  const auto line = decoded(std::string_view(whole).substr(0, 256));

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "POST");
  EXPECT_EQ(line->path, "/");
  EXPECT_TRUE(line->path_truncated);
}

TEST(ModWsgiVars, AreNotFoundInOtherBytes)
{
  EXPECT_FALSE(decoded("GET / HTTP/1.1\r\nHost: shop\r\n\r\n"));
  EXPECT_FALSE(decoded(""));
  EXPECT_FALSE(decoded(number(100) + number(3) + "REQUEST_METHOD\0GET\0"s));
  EXPECT_FALSE(decoded(number(4) + number(2) + "REQUEST_METHOD\0GET\0"s));
  EXPECT_FALSE(decoded(number(100) + number(2) + "REQUEST_METHOD\0G T\0"s));
}

} // namespace
} // namespace linger::decode
